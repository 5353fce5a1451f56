package kit

import "github.com/maxence-charriere/go-app/v10/pkg/app"

// Field is a labelled text field. The text itself stays with the browser: read
// it with Value, write it with SetValue.
type Field struct {
	ID, Label, Hint, Error string
	Input                  app.HTMLInput // without id, class and aria
	After                  app.UI        // inside the field's frame, at its end
}

// Draw gives the field.
func (f Field) Draw() app.UI {
	hint, class := f.Hint, "field"
	if f.Error != "" {
		hint, class = f.Error, "field field-bad"
	}
	input := f.Input.ID(f.ID).Class("input").Aria("invalid", f.Error != "")
	if hint != "" {
		input = input.Aria("describedby", f.ID+"-hint")
	}
	return app.Div().Class(class).Body(
		app.Label().For(f.ID).Text(f.Label),
		app.Div().Class("input-frame").Body(input, app.If(f.After != nil, func() app.UI { return f.After })),
		// Always there, so that a screen reader hears it change.
		app.P().ID(f.ID+"-hint").Class("hint").Aria("live", "polite").Body(
			app.If(f.Error != "", func() app.UI { return Icon("alert") }),
			app.Text(hint),
		),
	)
}

package thread

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"ferry/app/internal/ui/view"
)

// Elements used here only are made by name: a type of go-app for each would
// make the page larger by kilobytes.

// formatted draws a text as its sender set it: elements and text alone.
func formatted(text string, mentions []view.Mention, inert bool) app.UI {
	blocks := view.Format(text, mentions)
	if inert {
		view.Unlink(blocks)
	}
	if len(blocks) == 1 && blocks[0].Kind == view.Para {
		return app.P().Class("text").Body(paragraph(blocks[0].Lines)...)
	}
	return app.Div().Class("text text-blocks").Body(app.Range(blocks).Slice(func(i int) app.UI {
		b := blocks[i]
		switch b.Kind {
		case view.Cite:
			return app.Elem("blockquote").Class("cite").Body(paragraph(b.Lines)...)
		case view.Bullets:
			return app.Ul().Class("bullets").Body(items(b)...)
		case view.Numbers:
			return app.Elem("ol").Class("numbers").Body(items(b)...)
		case view.Pre:
			return app.Elem("pre").Class("code-block").Body(app.Elem("code").Text(b.Text))
		}
		return app.P().Body(paragraph(b.Lines)...)
	}))
}

func items(b view.Block) []app.UI {
	out := make([]app.UI, len(b.Lines))
	for i, line := range b.Lines {
		li := app.Li().Body(paragraph([][]view.Run{line})...)
		if b.Kind == view.Numbers {
			li = li.Attr("value", b.Numbers[i])
		}
		out[i] = li
	}
	return out
}

func paragraph(lines [][]view.Run) []app.UI {
	var out []app.UI
	for i, line := range lines {
		if i > 0 {
			out = append(out, app.Text("\n"))
		}
		for _, r := range line {
			out = append(out, run(r))
		}
	}
	return out
}

func run(r view.Run) app.UI {
	ui := innermost(r)
	if r.Style&view.Code != 0 {
		ui = app.Elem("code").Class("code").Body(ui)
	}
	if r.Style&view.Strike != 0 {
		ui = app.Elem("s").Body(ui)
	}
	if r.Style&view.Italic != 0 {
		ui = app.Elem("em").Body(ui)
	}
	if r.Style&view.Bold != 0 {
		ui = app.Strong().Body(ui)
	}
	return ui
}

func innermost(r view.Run) app.UI {
	switch {
	case r.Link != "":
		// The other side learns neither the chat nor Ferry's address.
		return app.A().Class("text-link").Href(r.Link).Target("_blank").Rel("noopener noreferrer nofollow").Text(r.Text)
	case r.Mention:
		return app.Bdi().Class("mention").Text(r.Text)
	}
	return app.Text(r.Text)
}

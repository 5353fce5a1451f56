// Package media draws attachments: in a bubble, in the tray before they are
// sent, in the viewer over the page, and the recorder of voice messages. What
// describes an attachment is its sender's word: sizes are bounded, names are
// cleaned, and nothing but pictures, film and sound is ever shown here.
package media

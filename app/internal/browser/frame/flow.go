package frame

// Seen, from the page to the core: events up to the batch of this id are taken in.
const Seen Op = 0x07

// Window is how many batches of events may be under way to a page. A page that
// does not keep up, frozen in the background perhaps, is sent no more; the gap
// in the count makes it ask for the whole state when it comes back.
const Window = 64

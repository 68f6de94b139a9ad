// Package review is Filmwire's domain: what a film review is, and what can
// happen to one. Read it first; every other package speaks its words.
//
// A [Document] is a review as a source found it, before anyone has understood
// it. Understanding turns it into a [Review]: which [Film], which [Critic], what
// [Rating] on what [Scale], which [Credit] lines, and what was damaged on the
// way ([Warning]). An [Event] says what happened to a review: it was published,
// revised, withdrawn or restored. A [FilmEvent] says what was decided about a
// film. Events are the wire contract (schema review/1 and film/1): JSON in
// snake_case, where a field that is not known is absent, never zero or "".
//
// Numbers a critic wrote are exact decimals ([Decimal]), so 3.25 of 4 stays
// 3.25 of 4 for ever. A rating that was not found is not a zero: see
// [RatingKind] for the six things a rating can be.
//
// The package imports the standard library only and does no input or output.
package review

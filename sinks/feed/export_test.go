package feed

// WithPages makes archive pages of so many reviews on average, so that few reviews
// make several.
func (v *View) WithPages(mean uint64) *View {
	v.meanPage = mean
	return v
}

package pipeline

// Push is where a feed says that it tells of changes: its WebSub hub, and the address
// under which the hub knows it.
type Push struct {
	Feed  string `json:"feed"` // its address as configured, without a password
	Hub   string `json:"hub"`
	Topic string `json:"topic"`
}

package bus

import (
	"fmt"
	"log/slog"
)

// serverLog is where the embedded server writes. What it tells about its daily
// life is of interest to nobody but a developer, so it goes to debug level.
type serverLog struct {
	log   *slog.Logger
	fatal chan string // the first thing that kept it from starting
}

func (l *serverLog) Noticef(format string, v ...any) { l.debug(format, v) }
func (l *serverLog) Debugf(format string, v ...any)  { l.debug(format, v) }
func (l *serverLog) Tracef(format string, v ...any)  { l.debug(format, v) }
func (l *serverLog) Warnf(format string, v ...any) {
	l.log.Warn("log server", "text", fmt.Sprintf(format, v...))
}
func (l *serverLog) Errorf(format string, v ...any) {
	l.log.Error("log server", "text", fmt.Sprintf(format, v...))
}

// Fatalf keeps the text for whoever is starting the server: it has no say in when
// the process ends.
func (l *serverLog) Fatalf(format string, v ...any) {
	select {
	case l.fatal <- fmt.Sprintf(format, v...):
	default:
	}
}

func (l *serverLog) debug(format string, v []any) {
	l.log.Debug("log server", "text", fmt.Sprintf(format, v...))
}

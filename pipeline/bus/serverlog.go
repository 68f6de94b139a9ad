package bus

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
)

// serverLog is where the embedded server writes. What it tells about its daily
// life is of interest to nobody but a developer, so it goes to debug level.
type serverLog struct {
	log   *slog.Logger
	fatal chan string // the first thing that kept it from starting
	// writes ends with the first write to the disk that goes wrong. The server gives
	// no answer from then on, and says so nowhere else.
	writes context.Context
	broken context.CancelCauseFunc
}

func newServerLog(log *slog.Logger) *serverLog {
	l := &serverLog{log: log, fatal: make(chan string, 1)}
	l.writes, l.broken = context.WithCancelCause(context.Background())
	return l
}

// brokenMark is in the server's words for that.
const brokenMark = "critical write error"

// Noticef implements the server's Logger, as the others do.
func (l *serverLog) Noticef(format string, v ...any) { l.debug(format, v) }

func (l *serverLog) Debugf(format string, v ...any) { l.debug(format, v) }

func (l *serverLog) Tracef(format string, v ...any) { l.debug(format, v) }

// Warnf passes on what an operator may have to act on. After a hard stop the server
// reads its indexes anew, says "outdated" of each, and is well: that is daily life.
func (l *serverLog) Warnf(format string, v ...any) {
	text := fmt.Sprintf(format, v...)
	if strings.Contains(text, "outdated") {
		l.log.Debug("log server", "text", text)
		return
	}
	l.log.Warn("log server", "text", text)
}

func (l *serverLog) Errorf(format string, v ...any) {
	text := fmt.Sprintf(format, v...)
	l.log.Error("log server", "text", text)
	if strings.Contains(strings.ToLower(text), brokenMark) {
		l.broken(fmt.Errorf("the server cannot write any more; make room if the disk is full, then restart: %s", text))
	}
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

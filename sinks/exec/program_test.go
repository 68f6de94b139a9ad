package exec_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	osexec "os/exec"
	"strings"
	"testing"
)

// mode is the variable by which this test binary becomes a program.
const mode = "FILMWIRE_TEST_PROGRAM"

func TestMain(m *testing.M) {
	if how := os.Getenv(mode); how != "" {
		play(how)
		return
	}
	os.Exit(m.Run())
}

// event is what the programs look at.
type event struct {
	EventID  string `json:"event_id"`
	ReviewID string `json:"review_id"`
	Kind     string `json:"kind"`
	Summary  string `json:"summary"`
}

func say(v any) {
	line, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	fmt.Println(string(line))
}

func verdict(id, word string) map[string]any { return map[string]any{"id": id, "verdict": word} }

// play is a program that goes wrong in one way.
func play(how string) {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 16<<20)
	in.Scan()
	hello := map[string]any{"protocol": "filmwire.sink/1", "name": how}
	switch how {
	case "another protocol":
		hello["protocol"] = "filmwire.sink/9"
	case "garbage first":
		fmt.Println("Welcome to my sink!\x00\xff")
	case "huge batches":
		hello["batch"] = 1 << 20
	case "no handshake":
		select {}
	case "batches":
		hello["batch"] = 3
	case "published only":
		hello["kinds"] = []string{"published"}
	}
	say(hello)
	var group []event
	for in.Scan() {
		var e event
		if in.Text() == "" {
			for i := range group { // answers may come in any order
				say(verdict(group[len(group)-1-i].EventID, "done"))
			}
			group = nil
			continue
		}
		if err := json.Unmarshal(in.Bytes(), &e); err != nil {
			panic(err)
		}
		if how == "batches" {
			group = append(group, e)
			continue
		}
		misbehave(how, e)
	}
	if how == "will not leave" {
		select {}
	}
}

func misbehave(how string, e event) {
	switch how {
	case "garbage":
		fmt.Println("Traceback (most recent call last):")
	case "a long line":
		fmt.Println(`{"id":"` + strings.Repeat("x", 100_000) + `"}`)
	case "ends":
		os.Exit(7)
	case "another's id":
		say(verdict("no.1", "done"))
	case "twice":
		say(verdict(e.EventID, "done"))
		say(verdict(e.EventID, "done"))
	case "another verdict":
		say(verdict(e.EventID, "maybe"))
	case "hangs":
		select {}
	case "hangs with a child":
		child := osexec.Command("sleep", "1000")
		child.Stdout, child.Stderr = os.Stdout, os.Stderr
		if err := child.Start(); err != nil {
			panic(err)
		}
		fmt.Fprintln(os.Stderr, "child", child.Process.Pid)
		select {}
	case "ends with a child":
		child := osexec.Command("sleep", "1000")
		child.Stdout, child.Stderr = os.Stdout, os.Stderr
		if err := child.Start(); err != nil {
			panic(err)
		}
		os.Exit(0)
	case "judges":
		v := verdict(e.EventID, e.Summary)
		v["after_seconds"], v["code"], v["reason"] = 90, "its_code", "because\nso"
		say(v)
	case "tells its environment":
		fmt.Fprintln(os.Stderr, strings.Join(os.Environ(), " "))
		dir, _ := os.Getwd()
		fmt.Fprintln(os.Stderr, "works in "+dir)
		fmt.Fprintln(os.Stderr, strings.Repeat("z", 1<<20))
		say(verdict(e.EventID, "done"))
	default:
		say(verdict(e.EventID, "done"))
	}
}

package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"regexp"
	"strings"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/yaml"
)

// secretKeys are the ways to a secret that does not stand in the file.
type secretKeys struct {
	Env  string        `config:"env"`
	File pipeline.Path `config:"file"`
}

// maxSecret is the most bytes a file with a secret may hold.
const maxSecret = 64 << 10

var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// secret decodes a secret: text, {env: NAME} or {file: path}. Whatever stands
// there besides names and paths is not printed.
func (b *block) secret(into *pipeline.Secret, n *yaml.Node, key string) {
	switch {
	case n.Kind == yaml.Scalar && !n.IsNull():
		b.d.report.hide(n)
		*into = pipeline.NewSecret(n.Value)
	case n.Kind == yaml.Mapping:
		b.secretFrom(into, n, key)
	default:
		if !n.IsNull() {
			b.d.report.hide(n)
		}
		b.wrong(n, key, "a secret: text, {env: NAME} or {file: path}", "")
	}
	b.d.secrets[n] = into.Reveal()
}

func (b *block) secretFrom(into *pipeline.Secret, n *yaml.Node, key string) {
	for _, p := range n.Pairs {
		if p.Key.Value != "env" && p.Key.Value != "file" || p.Value.Kind != yaml.Scalar {
			b.d.report.hide(p.Value)
		}
	}
	var from secretKeys
	before := len(b.d.report.of(n).faults)
	b.fill(reflect.ValueOf(&from).Elem(), n, key)
	b.unknown(n, []string{"env", "file"})
	switch {
	case len(b.d.report.of(n).faults) > before:
	case (from.Env == "") == (from.File == ""):
		b.note(BadValue, n, key+": want one of env and file", "as {env: NAME} or {file: path}")
	case from.Env != "":
		b.secretEnv(into, n.Get("env"), key)
	default:
		b.secretFile(into, n.Get("file"), string(from.File), key)
	}
}

func (b *block) secretEnv(into *pipeline.Secret, n *yaml.Node, key string) {
	if !variableName.MatchString(n.Value) {
		b.d.report.hide(n)
		b.note(BadValue, n, key+": env wants the name of a variable, not the secret itself", "")
		return
	}
	value, set := b.d.getenv(n.Value)
	switch {
	case !set:
		b.note(UnsetSecret, n, fmt.Sprintf("%s: the environment has no variable %s", key, n.Value),
			fmt.Sprintf("set it: export %s=...", n.Value))
	case value == "":
		b.note(UnsetSecret, n, fmt.Sprintf("%s: the variable %s is empty", key, n.Value),
			fmt.Sprintf("set it: export %s=...", n.Value))
	default:
		*into = pipeline.NewSecret(value)
	}
}

func (b *block) secretFile(into *pipeline.Secret, n *yaml.Node, path, key string) {
	value, err := readSecret(path)
	switch {
	case errors.Is(err, errSecretContent):
		b.note(BadValue, n, fmt.Sprintf("%s: file %q: %v", key, n.Value, err), "")
	case err != nil:
		b.note(MissingFile, n, fmt.Sprintf("%s: file %q: %s", key, n.Value, reason(err)),
			"a relative path starts at the config file's folder")
	default:
		*into = pipeline.NewSecret(value)
	}
}

var errSecretContent = errors.New("holds no secret")

// readSecret reads a file that holds one secret, without the line end editors put
// behind it.
func readSecret(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("secret: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	if err != nil {
		return "", fmt.Errorf("secret: %w", err)
	}
	value := strings.TrimRight(string(data), "\r\n")
	if value == "" {
		return "", fmt.Errorf("%w: it is empty", errSecretContent)
	}
	if len(data) > maxSecret {
		return "", fmt.Errorf("%w: it is larger than %d bytes", errSecretContent, maxSecret)
	}
	return value, nil
}

package pipeline

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
)

// CheckpointKey is where in KV a source's checkpoint stands. One that is long stands in
// parts under keys of their own, and there is only which: see kept.
func CheckpointKey(source string) string { return "source." + source + ".checkpoint" }

// partSize is how much of a checkpoint is one value: what any server of messages takes,
// as JSON has it, and the checkpoint of nearly every source is less.
const partSize = 512 << 10

// errPartial says that parts of a checkpoint are not there, or other ones.
var errPartial = errors.New("parts of it are missing")

// kept is a checkpoint as it stands in KV.
type kept struct {
	Parser     string `json:"parser"`
	Checkpoint []byte `json:"checkpoint,omitempty"`
	// Parts is how many parts it stands in, 0 where it is Checkpoint, and SHA256 what
	// all of it is known by. Parts of one checkpoint have names of their own, so that
	// which of two is in force is decided by this record alone, whatever is cut short.
	Parts  int    `json:"parts,omitempty"`
	SHA256 string `json:"sha256,omitempty"`
}

// partKey is where a part of a source's checkpoint stands.
func (k *kept) partKey(source string, n int) string {
	return CheckpointKey(source) + "." + k.SHA256[:16] + "." + strconv.Itoa(n)
}

// readKept reads the checkpoint of a source: ErrNotFound where it has none, and another
// error than those of KV where it cannot be read.
func readKept(ctx context.Context, kv KV, source string) (k kept, unreadable, err error) {
	value, err := kv.Get(ctx, CheckpointKey(source))
	if err != nil {
		return k, nil, err
	}
	if err := json.Unmarshal(value, &k); err != nil {
		return k, err, nil
	}
	if k.Parts == 0 {
		return k, nil, nil
	}
	if len(k.SHA256) != 2*sha256.Size {
		return k, errPartial, nil
	}
	for n := range k.Parts {
		part, err := kv.Get(ctx, k.partKey(source, n))
		if errors.Is(err, ErrNotFound) {
			return k, errPartial, nil
		}
		if err != nil {
			return k, nil, err
		}
		k.Checkpoint = append(k.Checkpoint, part...)
	}
	if digest(k.Checkpoint) != k.SHA256 {
		return k, errPartial, nil
	}
	return k, nil, nil
}

// putKept keeps a checkpoint of any size in the place of what was there before: its
// parts, then the record of them, which decides, and then the parts of others go. parted
// says that what was there stood in parts.
func putKept(ctx context.Context, kv KV, source string, parted bool, k kept) error {
	var parts []string
	if len(k.Checkpoint) > partSize {
		all := k.Checkpoint
		k.Checkpoint, k.SHA256 = nil, digest(all)
		for part := range slices.Chunk(all, partSize) {
			key := k.partKey(source, k.Parts)
			if err := kv.Put(ctx, key, part); err != nil {
				return err
			}
			parts = append(parts, key)
			k.Parts++
		}
	}
	value, err := json.Marshal(k)
	if err != nil {
		return err
	}
	if err := kv.Put(ctx, CheckpointKey(source), value); err != nil {
		return err
	}
	if k.Parts == 0 && !parted {
		return nil
	}
	keys, err := kv.Keys(ctx, CheckpointKey(source)+".")
	if err != nil {
		return err
	}
	for _, key := range keys {
		if !slices.Contains(parts, key) {
			if err := kv.Delete(ctx, key); err != nil {
				return err
			}
		}
	}
	return nil
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// checkpoint is where the last reading left off: nowhere, if other settings or
// another version are to understand the source now. Then all of it is read again,
// and a Rereader says what stays.
func (p *poll) checkpoint(ctx context.Context) ([]byte, error) {
	k, unreadable, err := readKept(ctx, p.in.KV, p.source.Name)
	switch {
	case errors.Is(err, ErrNotFound):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	p.parted = k.Parts > 0
	if unreadable != nil {
		p.in.Logger.Warn("the source's checkpoint cannot be read; all of the source is", "source", p.source.Name, "err", unreadable)
		return nil, nil
	}
	if k.Parser != p.source.Parser {
		if r, ok := p.source.Source.(Rereader); ok {
			return r.Anew(k.Checkpoint), nil
		}
		return nil, nil
	}
	return k.Checkpoint, nil
}

func (p *poll) keepCheckpoint(ctx context.Context, checkpoint []byte) error {
	if err := putKept(ctx, p.in.KV, p.source.Name, p.parted, kept{Parser: p.source.Parser, Checkpoint: checkpoint}); err != nil {
		return fmt.Errorf("keep the checkpoint: %w", err)
	}
	return nil
}

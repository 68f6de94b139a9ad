package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/filmwire/filmwire/pipeline"
)

// The secrets and signatures of https://www.standardwebhooks.com, version 1.0.0:
// the secret is "whsec_" and base64, the signature "v1," and the base64 of an
// HMAC-SHA256 over id, timestamp and body with dots between them.
const (
	secretPrefix     = "whsec_"
	signatureVersion = "v1,"
	minKey, maxKey   = 24, 64 // bytes
)

var errSecret = errors.New("want whsec_ and 24 to 64 bytes in base64; `openssl rand -base64 32` makes such bytes")

func signingKey(secret pipeline.Secret) ([]byte, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret.Reveal(), secretPrefix))
	if err != nil || len(key) < minKey || len(key) > maxKey {
		return nil, errSecret
	}
	return key, nil
}

// signatures are the value of webhook-signature: one by each key, the newest first.
func signatures(keys [][]byte, id string, at time.Time, body []byte) string {
	var b strings.Builder
	for i, key := range keys {
		if i > 0 {
			b.WriteByte(' ')
		}
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(id + "." + strconv.FormatInt(at.Unix(), 10) + "."))
		mac.Write(body)
		b.WriteString(signatureVersion + base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	}
	return b.String()
}

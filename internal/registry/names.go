package registry

import (
	"encoding/binary"
	"encoding/hex"

	"k8s.io/apimachinery/pkg/types"
)

const (
	// maxGeneratedBase leaves room for the suffix within a DNS label, as
	// https://kubernetes.io/docs/reference/using-api/api-concepts/#generated-values
	// has it.
	maxGeneratedBase = 58
	suffixLength     = 5
	// suffixAlphabet has no vowels and no look-alikes.
	suffixAlphabet = "bcdfghjklmnpqrstvwxz2456789"
)

// generateName appends a random suffix to a generateName.
func (r *Registry) generateName(base string) string {
	if len(base) > maxGeneratedBase {
		base = base[:maxGeneratedBase]
	}
	suffix := make([]byte, suffixLength)
	for i := range suffix {
		suffix[i] = suffixAlphabet[r.Loop.Rand().IntN(len(suffixAlphabet))]
	}
	return base + string(suffix)
}

// NewUID returns a random (version 4) UUID from the cluster's seed.
func (r *Registry) NewUID() types.UID { return r.newUID() }

// newUID returns a random (version 4) UUID from the cluster's seed.
func (r *Registry) newUID() types.UID {
	hi, lo := r.Loop.Rand().Uint64(), r.Loop.Rand().Uint64()
	hi = hi&^0xf000 | 0x4000
	lo = lo&^(0xc000<<48) | 0x8000<<48
	var raw [16]byte
	binary.BigEndian.PutUint64(raw[:8], hi)
	binary.BigEndian.PutUint64(raw[8:], lo)
	s := hex.EncodeToString(raw[:])
	return types.UID(s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:])
}

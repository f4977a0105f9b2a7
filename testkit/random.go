package testkit

import (
	"math/rand"
	"testing"
	"testing/cryptotest"

	utilrand "k8s.io/apimachinery/pkg/util/rand"
)

// SeedRandom makes the random sources that libraries share within the process
// the same in every run: those of math/rand, apimachinery's names and
// crypto/rand, from which jitter, election identities and UUIDs come. The test
// must not be parallel.
func SeedRandom(t *testing.T, seed int64) {
	t.Helper()
	t.Setenv("GODEBUG", "randseednop=0")
	rand.Seed(seed) //nolint:staticcheck // libraries that use the global source can't be handed another
	utilrand.Seed(seed)
	cryptotest.SetGlobalRandom(t, uint64(seed))
}

package image

import (
	"fmt"
	"math/big"
	"strconv"
	"time"

	"github.com/kubejig/kubejig/internal/pattern"
	"github.com/kubejig/kubejig/internal/simulation/process"
)

// perlDefinition is the image of Kubernetes' example of a Job, which prints
// the digits of pi. There is no more of the language.
var perlDefinition = Definition{
	Match: []string{"perl"},
	Base: func(Reference) *Rootfs {
		return Debian("Debian GNU/Linux 12 (bookworm)", "Debian GNU/Linux", "12", "curl").Binary("/usr/local/bin/perl", "perl", "")
	},
	Make: func(i *Image) {
		i.Cmd = []string{"perl"}
		i.Size = 330 << 20
		i.Programs = map[string]process.Program{"perl": process.Func(perl)}
		i.Usage = constant(1, 30<<20)
	},
}

var (
	printPi   = pattern.Lazy(`^\s*print\s+bpi\((\d+)\)\s*;?\s*$`)
	printText = pattern.Lazy(`^\s*print\s+(?:"([^"$@]*)"|'([^']*)')\s*;?\s*$`)
)

func perl(p *process.Process) int {
	script, newline := "", ""
	args := p.Args()[1:]
	for i, arg := range args {
		if len(arg) > 1 && arg[0] == '-' && arg[1] != 'M' {
			for _, letter := range arg[1:] {
				switch letter {
				case 'l':
					newline = "\n"
				case 'v':
					fmt.Fprint(p.Writer(1), "\nThis is perl 5, version 40, subversion 0 (v5.40.0) built for x86_64-linux-gnu\n")
					return 0
				case 'e', 'E':
					if i+1 < len(args) {
						script = args[i+1]
					}
				}
			}
		}
	}
	if m := printPi().FindStringSubmatch(script); m != nil {
		digits, _ := strconv.Atoi(m[1])
		p.Sleep(time.Duration(digits) * time.Duration(digits) * time.Microsecond) //nolint:errcheck // it takes its time
		fmt.Fprint(p.Writer(1), pi(min(digits, 100000))+newline)
		return 0
	}
	if m := printText().FindStringSubmatch(script); m != nil {
		text := m[1] + m[2]
		if unquoted, err := strconv.Unquote(`"` + m[1] + `"`); err == nil && m[1] != "" {
			text = unquoted
		}
		fmt.Fprint(p.Writer(1), text+newline)
		return 0
	}
	fmt.Fprint(p.Writer(2), "perl: only the printing of texts and of pi is simulated\n")
	return 255
}

// pi returns that many digits of pi (Machin's formula).
func pi(digits int) string {
	if digits < 2 {
		return "3"
	}
	const guard = 10
	unit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(digits-1+guard)), nil)
	value := new(big.Int).Mul(big.NewInt(16), arccot(5, unit))
	value.Sub(value, new(big.Int).Mul(big.NewInt(4), arccot(239, unit)))
	half := new(big.Int).Exp(big.NewInt(10), big.NewInt(guard), nil)
	value.Add(value, new(big.Int).Quo(half, big.NewInt(2)))
	text := value.Quo(value, half).String()
	return text[:1] + "." + text[1:]
}

// arccot returns arccot(x) in units of 1/unit.
func arccot(x int64, unit *big.Int) *big.Int {
	square := big.NewInt(x * x)
	power := new(big.Int).Quo(unit, big.NewInt(x))
	sum := new(big.Int).Set(power)
	for n := int64(3); power.Sign() != 0; n += 2 {
		power.Quo(power, square)
		term := new(big.Int).Quo(power, big.NewInt(n))
		if n%4 == 3 {
			sum.Sub(sum, term)
		} else {
			sum.Add(sum, term)
		}
	}
	return sum
}

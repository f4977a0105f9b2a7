package userland

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

func itoa(n int) string { return strconv.Itoa(n) }

// exprParser evaluates the arguments of expr.
type exprParser struct {
	args []string
	err  error
}

func expr(t *tool) int {
	p := &exprParser{args: t.args}
	value := p.level(0)
	if p.err == nil && len(p.args) > 0 {
		p.err = fmt.Errorf("syntax error")
	}
	if p.err != nil {
		t.warn("%v", p.err)
		return 2
	}
	t.print(value + "\n")
	if value == "" || value == "0" {
		return 1
	}
	return 0
}

// exprLevels are the operators, the weakest first.
var exprLevels = [][]string{{"|"}, {"&"}, {"=", "==", "!=", "<", "<=", ">", ">="}, {"+", "-"}, {"*", "/", "%"}, {":"}}

func (p *exprParser) level(n int) string {
	if n == len(exprLevels) {
		return p.operand()
	}
	left := p.level(n + 1)
	for p.err == nil && len(p.args) > 0 {
		op := p.args[0]
		if !contains(exprLevels[n], op) {
			break
		}
		p.args = p.args[1:]
		left = p.apply(left, op, p.level(n+1))
	}
	return left
}

func contains(list []string, s string) bool {
	for _, item := range list {
		if item == s {
			return true
		}
	}
	return false
}

func (p *exprParser) operand() string {
	if len(p.args) == 0 {
		p.err = fmt.Errorf("syntax error")
		return ""
	}
	arg := p.args[0]
	p.args = p.args[1:]
	switch {
	case arg == "(":
		value := p.level(0)
		if len(p.args) == 0 || p.args[0] != ")" {
			p.err = fmt.Errorf("syntax error")
			return ""
		}
		p.args = p.args[1:]
		return value
	case arg == "length" && len(p.args) > 0:
		return itoa(len(p.operand()))
	case arg == "substr" && len(p.args) > 2:
		text := p.operand()
		from, _ := strconv.Atoi(p.operand())
		size, _ := strconv.Atoi(p.operand())
		if from < 1 || from > len(text) {
			return ""
		}
		return text[from-1 : min(len(text), from-1+max(size, 0))]
	}
	return arg
}

func (p *exprParser) apply(a, op, b string) string {
	switch op {
	case "|":
		if a != "" && a != "0" {
			return a
		}
		return b
	case "&":
		if a == "" || a == "0" || b == "" || b == "0" {
			return "0"
		}
		return a
	case ":":
		re, err := regexp.Compile("^(?:" + basicToExtended(b) + ")")
		if err != nil {
			p.err = err
			return ""
		}
		m := re.FindStringSubmatch(a)
		switch {
		case re.NumSubexp() > 0 && m != nil:
			return m[1]
		case re.NumSubexp() > 0:
			return ""
		case m == nil:
			return "0"
		}
		return itoa(len(m[0]))
	}
	x, errX := strconv.Atoi(a)
	y, errY := strconv.Atoi(b)
	if strings.ContainsAny(op, "=<>") {
		order := strings.Compare(a, b)
		if errX == nil && errY == nil {
			order = x - y
		}
		return bit(holdsOrder(op, order))
	}
	if errX != nil || errY != nil {
		p.err = fmt.Errorf("non-numeric argument")
		return ""
	}
	return p.arithmetic(x, op, y)
}

func holdsOrder(op string, order int) bool {
	switch op {
	case "=", "==":
		return order == 0
	case "!=":
		return order != 0
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	}
	return order >= 0
}

func bit(holds bool) string {
	if holds {
		return "1"
	}
	return "0"
}

func (p *exprParser) arithmetic(x int, op string, y int) string {
	if y == 0 && (op == "/" || op == "%") {
		p.err = fmt.Errorf("division by zero")
		return ""
	}
	switch op {
	case "+":
		return itoa(x + y)
	case "-":
		return itoa(x - y)
	case "*":
		return itoa(x * y)
	case "/":
		return itoa(x / y)
	}
	return itoa(x % y)
}

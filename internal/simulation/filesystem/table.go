package filesystem

// table maps inode numbers to inodes. It is a persistent radix tree: put
// returns another table that shares all but a path with the old one, so that
// copying a whole file system is copying a pointer.
type table struct {
	root  *branch
	depth int // levels above the leaves
}

const (
	fanBits = 4
	fan     = 1 << fanBits
)

// branch holds *branch above the leaves and *inode at the leaves.
type branch [fan]any

func (t table) get(ino Ino) *inode {
	if t.root == nil || ino>>(fanBits*(t.depth+1)) != 0 {
		return nil
	}
	b := t.root
	for level := t.depth; level > 0; level-- {
		next, ok := b[slot(ino, level)].(*branch)
		if !ok {
			return nil
		}
		b = next
	}
	n, _ := b[slot(ino, 0)].(*inode)
	return n
}

// put returns the table with ino standing for n, or for nothing if n is nil.
func (t table) put(ino Ino, n *inode) table {
	if t.root == nil {
		t.root = &branch{}
	}
	for ino>>(fanBits*(t.depth+1)) != 0 {
		t = table{root: &branch{t.root}, depth: t.depth + 1}
	}
	t.root = t.root.put(ino, t.depth, n)
	return t
}

func (b *branch) put(ino Ino, level int, n *inode) *branch {
	next := branch{}
	if b != nil {
		next = *b
	}
	at := slot(ino, level)
	switch {
	case level > 0:
		below, _ := next[at].(*branch)
		next[at] = below.put(ino, level-1, n)
	case n == nil:
		next[at] = nil
	default:
		next[at] = n
	}
	return &next
}

func slot(ino Ino, level int) Ino { return ino >> (fanBits * level) & (fan - 1) }

package filesystem

import "bytes"

const (
	// chunkSize is the unit in which the bytes of a file are shared between
	// the versions of it.
	chunkSize = 4096
	// segmentChunks is how many chunks make up a segment, which is what a
	// version lists: a write copies the list, and the segments it touches.
	segmentChunks = 256
	segmentSize   = chunkSize * segmentChunks
)

// segment is chunks, of which a missing or short one stands for zeros up to
// its end.
type segment [][]byte

// content is the immutable bytes of a regular file. Missing segments stand for
// zeros.
type content struct {
	size     int64
	real     int64 // bytes in memory
	segments []segment
}

func newContent(data []byte) content {
	return content{}.write(0, data)
}

// chunk is the chunk that holds the byte at off.
func (c content) chunk(off int64) []byte {
	n := int(off / segmentSize)
	if n >= len(c.segments) {
		return nil
	}
	if i := int(off % segmentSize / chunkSize); i < len(c.segments[n]) {
		return c.segments[n][i]
	}
	return nil
}

// read returns up to n bytes at off; none at the end. The slice is the
// caller's.
func (c content) read(off int64, n int) []byte {
	if off >= c.size || n <= 0 {
		return nil
	}
	if rest := c.size - off; int64(n) > rest {
		n = int(rest)
	}
	out := make([]byte, n)
	for done := 0; done < n; {
		at := off + int64(done)
		within := int(at % chunkSize)
		span := min(chunkSize-within, n-done)
		if chunk := c.chunk(at); within < len(chunk) {
			copy(out[done:done+span], chunk[within:])
		}
		done += span
	}
	return out
}

// write returns the content with data at off. Chunks that it does not touch
// are shared with c.
func (c content) write(off int64, data []byte) content {
	out := c
	out.size = max(c.size, off+int64(len(data)))
	out.segments = make([]segment, max(len(c.segments), int((off+int64(len(data))+segmentSize-1)/segmentSize)))
	copy(out.segments, c.segments)
	for done := 0; done < len(data); {
		at := off + int64(done)
		n, within := int(at/segmentSize), int(at%segmentSize)
		span := min(segmentSize-within, len(data)-done)
		var grown int64
		out.segments[n], grown = out.segments[n].write(within, data[done:done+span])
		out.real += grown
		done += span
	}
	return out
}

// write returns the segment with data at off, and by how much it has grown.
func (s segment) write(off int, data []byte) (segment, int64) {
	out := make(segment, max(len(s), (off+len(data)+chunkSize-1)/chunkSize))
	copy(out, s)
	var grown int64
	for done := 0; done < len(data); {
		index, within := (off+done)/chunkSize, (off+done)%chunkSize
		span := min(chunkSize-within, len(data)-done)
		old := out[index]
		out[index] = patch(old, within, data[done:done+span])
		grown += int64(len(out[index]) - len(old))
		done += span
	}
	return out, grown
}

// resize returns the content cut or filled up with zeros to size.
func (c content) resize(size int64) content {
	if size >= c.size {
		c.size = size
		return c
	}
	out := content{size: size}
	out.segments = append(out.segments, c.segments[:min(len(c.segments), int((size+segmentSize-1)/segmentSize))]...)
	if last := len(out.segments) - 1; last >= 0 {
		out.segments[last] = out.segments[last].cut(int(size - int64(last)*segmentSize))
	}
	for _, s := range out.segments {
		for _, chunk := range s {
			out.real += int64(len(chunk))
		}
	}
	return out
}

// cut returns the first n bytes of a segment.
func (s segment) cut(n int) segment {
	if n >= segmentSize {
		return s
	}
	out := append(segment(nil), s[:min(len(s), (n+chunkSize-1)/chunkSize)]...)
	if last := len(out) - 1; last >= 0 {
		if end := n - last*chunkSize; len(out[last]) > end {
			out[last] = out[last][:end:end]
		}
	}
	return out
}

// patch returns a copy of chunk with data at off, or nil where all is zero.
func patch(chunk []byte, off int, data []byte) []byte {
	if len(chunk) == 0 && zero(data) {
		return nil
	}
	out := make([]byte, max(len(chunk), off+len(data)))
	copy(out, chunk)
	copy(out[off:], data)
	return out
}

// zeros is what a chunk of zeros looks like.
var zeros [chunkSize]byte

func zero(data []byte) bool { return bytes.Equal(data, zeros[:len(data)]) }

package filesystem

import "bytes"

// chunkSize is the unit in which the bytes of a file are shared between the
// versions of it.
const chunkSize = 4096

// content is the immutable bytes of a regular file: chunks, of which a nil or
// short one stands for zeros up to its end.
type content struct {
	size   int64
	chunks [][]byte
}

func newContent(data []byte) content {
	return content{}.write(0, data)
}

// real is the number of bytes that the content occupies in memory.
func (c content) real() int64 {
	var n int64
	for _, chunk := range c.chunks {
		n += int64(len(chunk))
	}
	return n
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
		index, within := locate(off + int64(done))
		span := min(chunkSize-within, n-done)
		if chunk := c.chunks[index]; within < len(chunk) {
			copy(out[done:done+span], chunk[within:])
		}
		done += span
	}
	return out
}

// write returns the content with data at off. Chunks that it does not touch
// are shared with c.
func (c content) write(off int64, data []byte) content {
	out := c.resize(max(c.size, off+int64(len(data))))
	for done := 0; done < len(data); {
		index, within := locate(off + int64(done))
		span := min(chunkSize-within, len(data)-done)
		out.chunks[index] = patch(out.chunks[index], within, data[done:done+span])
		done += span
	}
	return out
}

// resize returns the content cut or filled up with zeros to size.
func (c content) resize(size int64) content {
	count := int((size + chunkSize - 1) / chunkSize)
	chunks := make([][]byte, count)
	copy(chunks, c.chunks)
	if size < c.size && count > 0 {
		if last := int(size - int64(count-1)*chunkSize); len(chunks[count-1]) > last {
			chunks[count-1] = chunks[count-1][:last:last]
		}
	}
	return content{size: size, chunks: chunks}
}

// patch returns a copy of chunk with data at off, or nil where all is zero.
func patch(chunk []byte, off int, data []byte) []byte {
	if len(chunk) == 0 && len(bytes.Trim(data, "\x00")) == 0 {
		return nil
	}
	out := make([]byte, max(len(chunk), off+len(data)))
	copy(out, chunk)
	copy(out[off:], data)
	return out
}

func locate(off int64) (index, within int) {
	return int(off / chunkSize), int(off % chunkSize)
}

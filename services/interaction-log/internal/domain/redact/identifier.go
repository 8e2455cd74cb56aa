package redact

// hideIdentifiers marks the groups inside UUIDs, hexadecimal ids and IBANs, where digits are never card data.
func (d *doc) hideIdentifiers() {
	for i := 0; i < len(d.tokens); {
		start := d.tokens[i].start
		end := uuidEnd(d.s, start)
		if end == 0 {
			end = ibanEnd(d.s, start)
		}
		if end == 0 {
			end = hexEnd(d.s, start)
		}
		i++
		if start > 0 && isAlnum(d.s[start-1]) {
			continue
		}
		for ; end > 0 && i <= len(d.tokens) && d.tokens[i-1].start < end; i++ {
			d.tokens[i-1].opaque = true
			d.tokens[i-1].word = word{}
			if i == len(d.tokens) {
				return
			}
			if d.tokens[i].start >= end {
				break
			}
		}
	}
}

func isAlnum(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f'
}

// uuidEnd gives the end of the UUID at i, 0 without one.
func uuidEnd(s string, i int) int {
	const size = 36
	if len(s) < i+size || s[i+8] != '-' || len(s) > i+size && isAlnum(s[i+size]) {
		return 0
	}
	for j := range size {
		dash := j == 8 || j == 13 || j == 18 || j == 23
		if dash && s[i+j] != '-' || !dash && !isHex(s[i+j]) {
			return 0
		}
	}
	return i + size
}

// hexEnd gives the end of the hexadecimal id at i: letters and digits mixed, with the size of a span or trace id, an
// object id or a hash. Other sizes are not trusted, or a letter at a card number would hide it.
func hexEnd(s string, i int) int {
	j, letters := i, 0
	for ; j < len(s) && j-i <= 128 && isHex(s[j]); j++ {
		if s[j] > '9' {
			letters++
		}
	}
	if letters == 0 || j < len(s) && isAlnum(s[j]) {
		return 0
	}
	switch j - i {
	case 16, 24, 32, 40, 48, 56, 64, 96, 128:
		return j
	}
	return 0
}

// ibanEnd gives the end of the valid IBAN at i, written in one piece or in groups divided by single spaces; 0 without
// one.
func ibanEnd(s string, i int) int {
	upper := func(c byte) bool { return c >= 'A' && c <= 'Z' }
	if len(s) < i+15 || !upper(s[i]) || !upper(s[i+1]) || s[i+2] > '9' || s[i+2] < '0' {
		return 0
	}
	var chars [34]byte
	n, end := 0, 0
	for j := i; j < len(s); j++ {
		c := s[j]
		if c == ' ' && j+1 < len(s) && isAlnum(s[j+1]) {
			continue
		}
		if c > '9' && !upper(c) || c < '0' || n == len(chars) {
			break
		}
		chars[n], n = c, n+1
		if bounded := j+1 == len(s) || !isAlnum(s[j+1]); bounded && n >= 15 && mod97(chars[:n]) == 1 {
			end = j + 1
		}
	}
	return end
}

// mod97 is the check of ISO 13616: the first four characters count last, letters are 10 to 35.
func mod97(chars []byte) int {
	rest := 0
	for k := range chars {
		c := int(chars[(k+4)%len(chars)])
		switch {
		case c <= '9':
			rest = (rest*10 + c - '0') % 97
		default:
			rest = (rest*100 + c - 'A' + 10) % 97
		}
	}
	return rest
}

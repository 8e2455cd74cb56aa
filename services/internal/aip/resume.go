package aip

// MaxResume is the longest resume token, in ASCII characters.
const MaxResume = 512

const resumeVersion = 'r'

// EncodeResume returns a token that holds a place in a stream. It can be read again only with the same binding: what the
// stream is about.
func EncodeResume(body []byte, binding ...string) string {
	return sealToken(resumeVersion, bind(binding...), body)
}

// DecodeResume returns what EncodeResume was given, and false for a token that is damaged or of another stream.
func DecodeResume(token string, binding ...string) ([]byte, bool) {
	if len(token) > MaxResume {
		return nil, false
	}
	bound, body, ok := openToken(resumeVersion, token)
	return body, ok && bound == bind(binding...)
}

package frame

import (
	"net/http"

	"aau.dk/sendsikker/api/admin/session"
)

// counted counts a request as its visitor's, and as its address's where nobody is signed in.
func (s *Site) counted(r *http.Request, v Visitor) error {
	switch {
	case r.URL.Path == signInPath || r.URL.Path == AnswerPath:
		return s.Limits.SignIn(r)
	case v.Is(SignedIn):
		return s.Limits.Caller(v.ID, false)
	}
	return s.Limits.Public(r)
}

// looked counts a cookie that we never made as a bad sign-in. One of the right form that we do not know is not counted: it looks as
// those do that have run out, which every browser brings in the morning, and to guess 256 bits is hopeless at any rate.
func (s *Site) looked(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c, err := r.Cookie(session.Cookie); err == nil && !session.IsToken(c.Value) {
			s.Limits.BadSignIn(r)
		}
		next.ServeHTTP(w, r)
	})
}

package uui

import (
	"net/url"
	"strings"
)

const fieldLanding = "landing_url"

// inURL adds the token to an https URL as query parameter. Its other parameters, and what comes after "#", stay as they
// are written.
func inURL(token, landing string) (string, error) {
	if problem := urlProblem(landing); problem != "" {
		return "", invalid(fieldLanding, problem)
	}
	rest, fragment, hasFragment := strings.Cut(landing, "#")
	switch {
	case !strings.Contains(rest, "?"):
		rest += "?"
	case !strings.HasSuffix(rest, "?") && !strings.HasSuffix(rest, "&"):
		rest += "&"
	}
	rest += queryParameter + "=" + token
	if hasFragment {
		rest += "#" + fragment
	}
	return rest, nil
}

// urlProblem says why no token can be put into a URL; "" when one can.
func urlProblem(landing string) string {
	if !printable(landing) {
		return "has a character that no URL has"
	}
	u, err := url.Parse(landing)
	switch {
	case err != nil || !escapes(landing):
		return "is no URL"
	case u.Scheme != "https":
		return "has to begin with https:// so that nobody on the way can read the token"
	case u.Hostname() == "" || u.Opaque != "" || !validHostPort(u.Host):
		return "has no valid host"
	case u.User != nil:
		return "has a user name: leave it out"
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return "has a query that is none"
	}
	if query.Has(queryParameter) {
		return "has a query parameter " + queryParameter + " already"
	}
	return ""
}

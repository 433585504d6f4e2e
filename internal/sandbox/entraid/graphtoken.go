package entraid

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"
	"time"
)

// GraphAudience is aud of the tokens for Microsoft Graph.
const GraphAudience = "https://graph.microsoft.com"

// IssueGraph gives a token for Graph. Graph's are version 1, and nobody but Graph can check them: the header holds a
// nonce, and what is signed is the header with the nonce's digest in its place. For a program's own token p is nil.
func (e *Entra) IssueGraph(a Application, p *Persona, options ...Option) string {
	claims := e.common(GraphAudience, a.ObjectID, a.ObjectID)
	claims["iss"], claims["ver"] = "https://sts.windows.net/"+e.config.Tenant+"/", "1.0"
	claims["appid"], claims["appidacr"], claims["app_displayname"] = a.ClientID, "1", a.Name
	claims["idtyp"] = "app"
	if p != nil {
		claims["oid"], claims["sub"], claims["idtyp"] = p.ID, subject(p.ID, GraphAudience), "user"
		claims["scp"], claims["name"], claims["unique_name"] = "openid profile User.Read email", p.Name, p.Address
	}
	nonce := random(24)
	key := e.signer()
	body := segment(change(claims, options))
	header := map[string]any{"typ": "JWT", "alg": "RS256", "kid": key.id, "x5t": key.id, "nonce": digest(nonce)}
	signature := base64URL(sign(key.private, segment(header)+"."+body))
	header["nonce"] = nonce
	return segment(header) + "." + body + "." + signature
}

// VerifyGraphToken is how the sandbox's Graph checks its callers. The error tells a test what is wrong and is never
// shown to the caller.
func (e *Entra) VerifyGraphToken(raw string) (appID string, err error) {
	parts := strings.Split(raw, ".")
	if len(parts) != 3 {
		return "", errors.New("entraid: not a token")
	}
	var header map[string]any
	var claims struct {
		Audience string `json:"aud"`
		App      string `json:"appid"`
		Expires  int64  `json:"exp"`
		Starts   int64  `json:"nbf"`
	}
	if decode(parts[0], &header) != nil || decode(parts[1], &claims) != nil {
		return "", errors.New("entraid: not a token")
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	id, _ := header["kid"].(string)
	nonce, _ := header["nonce"].(string)
	key := e.publishedKey(id)
	if err != nil || key == nil || nonce == "" || header["alg"] != "RS256" {
		return "", errors.New("entraid: not signed by a published key in Graph's way")
	}
	header["nonce"] = digest(nonce)
	sum := sha256.Sum256([]byte(segment(header) + "." + parts[1]))
	if rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], signature) != nil {
		return "", errors.New("entraid: the signature is wrong")
	}
	now := e.config.Now()
	switch {
	case claims.Audience != GraphAudience:
		return "", errors.New("entraid: not for Graph")
	case !now.Before(time.Unix(claims.Expires, 0)), now.Before(time.Unix(claims.Starts, 0)):
		return "", errors.New("entraid: expired, or not valid yet")
	}
	return claims.App, nil
}

func digest(nonce string) string {
	sum := sha256.Sum256([]byte(nonce))
	return hex.EncodeToString(sum[:])
}

func decode(part string, into any) error {
	raw, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		return err
	}
	return json.Unmarshal(raw, into)
}

// payloadOf is the second part of a token that was just made here.
func payloadOf(token string) []byte {
	raw, _ := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	return raw
}

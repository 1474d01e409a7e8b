// Package nsupdate is a DNS provider for Caddy: it proves names by records that it puts on a server with DNS updates
// (RFC 2136), signed with a key that both know (RFC 8945). Caddy's plugins are built like this one.
package nsupdate

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/libdns/libdns"
	"github.com/miekg/dns"
)

func init() { caddy.RegisterModule(Provider{}) }

// Provider takes one argument, as plugins that take a token do: address/name-of-the-key/secret.
type Provider struct {
	Token string `json:"token"`
}

func (Provider) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "dns.providers.nsupdate", New: func() caddy.Module { return new(Provider) }}
}

func (p *Provider) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	d.Next()
	if !d.Args(&p.Token) || strings.Count(p.Token, "/") < 2 {
		return d.Err("wanted: nsupdate address/key/secret")
	}
	return nil
}

func (p *Provider) AppendRecords(ctx context.Context, zone string, records []libdns.Record) ([]libdns.Record, error) {
	return records, p.update(ctx, zone, records, (*dns.Msg).Insert)
}

func (p *Provider) DeleteRecords(ctx context.Context, zone string, records []libdns.Record) ([]libdns.Record, error) {
	return records, p.update(ctx, zone, records, (*dns.Msg).Remove)
}

func (p *Provider) update(ctx context.Context, zone string, records []libdns.Record, change func(*dns.Msg, []dns.RR)) error {
	words := strings.SplitN(p.Token, "/", 3)
	key := dns.Fqdn(words[1])
	message := new(dns.Msg).SetUpdate(dns.Fqdn(zone))
	for _, record := range records {
		rr := record.RR()
		name := libdns.AbsoluteName(rr.Name, dns.Fqdn(zone))
		parsed, err := dns.NewRR(fmt.Sprintf("%s %d %s %q", name, int(rr.TTL.Seconds()), rr.Type, rr.Data))
		if err != nil {
			return err
		}
		change(message, []dns.RR{parsed})
	}
	message.SetTsig(key, dns.HmacSHA256, 300, time.Now().Unix())
	client := dns.Client{Net: "tcp", TsigSecret: map[string]string{key: words[2]}}
	answer, _, err := client.ExchangeContext(ctx, message, words[0]+":53")
	if err == nil && answer.Rcode != dns.RcodeSuccess {
		err = fmt.Errorf("%s: %s", words[0], dns.RcodeToString[answer.Rcode])
	}
	return err
}

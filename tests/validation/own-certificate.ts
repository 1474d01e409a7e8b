import { shell } from './acts.ts';
import type { Act } from './breakage.ts';

const IN_USE = '/opt/pocket/reverse-proxy/caddy/in-use/certificates';

/**
 * Puts a certificate of nobody's authority in the place of those that a proxy has of the operator's, from so many days
 * ago to so many from now. With `openssl ca`, since `openssl x509` can say when a certificate begins from 3.4 on only.
 */
export function ownCertificate(
  on: string,
  { names, from, to }: { names: readonly string[]; from: number; to: number },
): Act {
  const time = (days: number) => `$(date -u -d '${days} days' +%Y%m%d%H%M%SZ)`;
  return shell(
    `cd "$(mktemp -d)"
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout key -out request -subj /CN=own
    touch index
    echo 01 >serial
    printf '%s\n' [ca] default_ca=own [own] database=index serial=serial new_certs_dir=. default_md=sha256 policy=any \
      x509_extensions=names [any] commonName=supplied [names] subjectAltName=${names.map((name) => `DNS:${name}`).join(',')} >configuration
    openssl ca -batch -selfsign -notext -config configuration -keyfile key -in request -out certificate \
      -startdate "${time(-from)}" -enddate "${time(to)}"
    for file in ${IN_USE}/*.pem; do cat certificate key >"$file"; done
    cd /opt/pocket/reverse-proxy
    docker compose exec -T caddy sh /etc/caddy/in-use/configured-caddy reload --force`,
    on,
  );
}

import { lines, type Shell, sh } from '../shell.ts';
import type { Entrance, Question } from './questions.ts';

/** The user of the image, which has to read the keys. Source: pocket-relay-miner, Dockerfile, v0.1.x. */
const READER = 1000;
/** Seconds for one relay, and for its container as a whole. */
const RELAY_SECONDS = 15;
const CONTAINER_SECONDS = 25;
/** What the relayer may have kept back for a batch is written within a second (redis.batch_publish_interval_ms). */
const PUBLISHED_SECONDS = 2;
/** What is kept of the answers of the client altogether, below what a probe may print once it is encoded. */
const MOST_BYTES = 40_000;

/** Waits for the end of the probe, however it ends, and then removes what it would leave behind. A zombie has no exe. */
const GUARD = `while [[ -e /proc/$1/exe ]]; do sleep 0.5; done
docker ps --all --quiet --filter "name=^/$2-" | xargs -r docker rm --force
rm -rf "$3"`;

/** What a proof is made with. */
export interface Proof {
  image: string;
  questions: readonly Question[];
  entrance: Entrance;
  /** Options of the client that are the same for every relay. */
  client: readonly string[];
  /** Shell functions `count` and `tell`. */
  counting: Shell;
}

/** Seconds after which the probe of so many relays is ended. */
export function proofSeconds(questions: number): number {
  return Math.min(850, 60 + questions * CONTAINER_SECONDS);
}

/**
 * Shell that makes one simulated relay after another with the image's own client, in a container that sees what the
 * host sees, and prints of each its index, exit status, milliseconds and what the client said, in base64. The keys are
 * in a file that only root and the image's user can read, below a directory that goes with the probe.
 */
export function proofProbe(proof: Proof): Shell {
  const { image, questions, entrance, client, counting } = proof;
  const asked = questions.flatMap((question, index) =>
    question.mode ? [{ ...question, index }] : [],
  );
  const kept = Math.min(1500, Math.floor(MOST_BYTES / Math.max(1, asked.length)));
  const relays = asked.map(
    ({ index, mode, service, url }) => sh`relay ${index} ${mode!} ${service} ${url}`,
  );
  return sh`
    ${counting}
    self=$BASHPID proof=$scratch.proof name=pocket-relay-proof-$BASHPID
    trap 'rm -rf "$proof"' EXIT
    trap 'exit 1' HUP INT TERM
    setsid bash -c ${GUARD} guard "$self" "$name" "$proof" </dev/null >/dev/null 2>&1 &
    umask 077
    mkdir "$proof"
    printf 'applications: ["%s"]\ngateway: ["%s"]\n' "$simulation_application_key" "$simulation_gateway_key" >"$proof/keys.yaml"
    ${authority(entrance)}
    chown -R ${READER}:${READER} "$proof"
    relay() {
      local began=\${EPOCHREALTIME/[.,]/} status=0
      timeout --foreground -k 2 ${CONTAINER_SECONDS} docker run --rm --pull never --name "$name-$1" --log-driver none \
        --network host --read-only --cap-drop ALL --security-opt no-new-privileges --memory 512m \
        --volume "$proof:/proof:ro" ${trust(entrance)} ${image} relay "$2" --service "$3" --relayer-url "$4" \
        --keys-file /proof/keys.yaml --timeout ${RELAY_SECONDS} ${client} \
        </dev/null >"$scratch.said" 2>&1 || status=$?
      printf 'relay %s %s %s %s\n' "$1" "$status" "$(((\${EPOCHREALTIME/[.,]/} - began) / 1000))" \
        "$(tail -c ${kept} "$scratch.said" | base64 -w0)"
      sleep 0.3 # the relayer serves 5 in a second
    }
    counted=yes
    count before 2>"$scratch.uncounted" || counted=''
    ${lines(...relays)}
    sleep ${PUBLISHED_SECONDS}
    [[ ! $counted ]] || count after 2>"$scratch.uncounted" || counted=''
    if [[ $counted ]]; then
      tell
    else
      printf 'uncounted %s\n' "$(tail -n 1 "$scratch.uncounted")"
    fi
  `;
}

/** Takes the certificates that the proxy shows for those of an authority; without openssl there are none. */
function authority({ address, url }: Entrance): Shell {
  if (address === undefined) return sh`:`;
  const name = new URL(url).hostname;
  const at = `${address.includes(':') ? `[${address}]` : address}:443`;
  return sh`
    { openssl s_client -connect ${at} -servername ${name} -showcerts </dev/null 2>/dev/null || :; } |
      sed -n '/^-----BEGIN/,/^-----END/p' >"$proof/authority.pem"`;
}

function trust({ address, url }: Entrance): string[] {
  if (address === undefined) return [];
  const name = new URL(url).hostname;
  return ['--add-host', `${name}:${address}`, '--env', 'SSL_CERT_FILE=/proof/authority.pem'];
}

import type { Deployment } from '../deployment.ts';
import { EXIT, UserError } from '../exit-codes.ts';
import type { Host } from '../hosts.ts';
import { type Answers, readAnswers } from '../relay-proof/answers.ts';
import { counting, loginFrom } from '../relay-proof/counts.ts';
import { proofProbe, proofSeconds } from '../relay-proof/probe.ts';
import { entranceOf, questionsOf } from '../relay-proof/questions.ts';
import {
  keysVerdict,
  marksVerdict,
  publishedVerdict,
  relayVerdict,
} from '../relay-proof/verdicts.ts';
import {
  SIMULATION_KEY_ID,
  SIMULATION_KEYS,
  servesSimulatedRelays,
} from '../relayminer/simulation.ts';
import type { Check, ProbeResult, Verdict } from '../validation/check.ts';
import { mend, rerun } from '../validation/fixes.ts';
import { fail, lastWords } from '../validation/verdict.ts';
import type { CheckContext } from './context.ts';

/**
 * The host from which simulated relays are sent: the first of these with a relayer.
 * @throws UserError with exit code 2 where there is none, or where relayers do not serve simulated relays
 */
export function relayProver(deployment: Deployment, hosts: readonly Host[]): Host {
  const relayers = deployment.group('relay_relayers');
  const prover = relayers.find(({ name }) => hosts.some((one) => one.name === name));
  if (!prover) {
    const why =
      relayers.length === 0 ? 'the deployment has no relayer' : 'no host of --limit has a relayer';
    throw new UserError(`--relay: ${why}`, EXIT.usage);
  }
  if (servesSimulatedRelays(deployment)) return prover;
  throw new UserError(
    `--relay: the relayers do not serve simulated relays\n  relayminer.simulation.enabled: true in the profile, then ${rerun(deployment, 'relayminer', prover)}`,
    EXIT.usage,
  );
}

/**
 * Simulated relays through the public URL, one after another, each made by the image's own client and judged by what it
 * says; and that nothing came of them that could be claimed. All of it is one probe, which sends and counts.
 * Source: pocket-relay-miner, docs/SIMULATED_RELAYS.md, v0.1.x.
 * @throws UserError with exit code 2 when the keys of simulated relays, or of suppliers, do not exist yet
 */
export function relayChecks(context: CheckContext): Check[] {
  const { deployment, host, secrets } = context;
  const { network } = deployment;
  const missing = SIMULATION_KEYS.filter((name) => secrets.find(name) === undefined);
  if (missing.length > 0)
    throw new UserError(
      `--relay: there is no ${missing.join(' and no ')} yet: ${rerun(deployment, 'relayminer', host)} makes what is missing`,
      EXIT.usage,
    );
  const [key] = secrets.supplierKeys;
  if (!key)
    throw new UserError('--relay: relayminer.keys_file in the profile has no keys yet', EXIT.usage);
  const supplier = key.address;
  const entrance = entranceOf(deployment, host);
  const questions = questionsOf(deployment, entrance);
  const login = loginFrom(deployment, host, secrets.find('redis_password') !== undefined);
  const relayers = deployment.group('relay_relayers');
  const sole = relayers.length === 1;
  const again = rerun(deployment, 'relayminer', host);
  const mendRelayer = mend(deployment, host, 'relayer');
  const shared = {
    group: 'relay',
    severity: 'critical',
    host,
    probe: proofProbe({
      image: deployment.images.relayminer,
      questions,
      entrance,
      client: [
        ...['--node', network.grpcAddress ?? '', ...(network.grpcInsecure ? [] : ['--grpc-tls'])],
        ...['--chain-id', network.chainId, '--supplier', supplier],
        ...['--simulate', '--sim-key-id', SIMULATION_KEY_ID],
      ],
      counting: counting(login, supplier),
    }),
    secrets: [...SIMULATION_KEYS, ...(login.password ? ['redis_password'] : [])],
    timeoutSeconds: proofSeconds(questions.length),
  } as const;
  const relays = questions.map((question, index): Check => {
    const { service, transport, url } = question;
    return {
      ...shared,
      id: `relay.${service}.${transport}`,
      title: `A simulated relay to ${service} over ${transport} is served and signed`,
      fix: mendRelayer,
      judge: judged((answers) =>
        relayVerdict(
          { ...question, url: url === entrance.url ? entrance.words : url },
          answers,
          index,
          sole,
          {
            backend: `relayminer.services.${service}.backends.${transport} in the profile, or that node`,
            keys: again,
            way: `scripts/validate.mjs --only public,relayminer,chain tells which part is broken; else: ${mendRelayer}`,
          },
        ),
      ),
    };
  });
  return [
    ...relays,
    {
      ...shared,
      id: 'relay.published',
      title: 'Nothing was published of them that could be claimed',
      fix: mendRelayer,
      judge: judged((answers) => publishedVerdict(answers, sole)),
    },
    {
      ...shared,
      id: 'relay.marks',
      severity: 'warning',
      title: 'None of them can be sent again',
      fix: mendRelayer,
      judge: judged(marksVerdict),
    },
    {
      ...shared,
      id: 'relay.keys',
      severity: 'warning',
      title: 'The keys of simulated relays stay valid',
      fix: `relayminer.simulation.not_after in the profile, then ${again}`,
      judge: () =>
        keysVerdict(deployment.profile.relayminer?.simulation.not_after ?? '', Date.now()),
    },
  ];
}

function judged(judge: (answers: Answers) => Verdict): (result: ProbeResult) => Verdict {
  return (result) => {
    const answers = readAnswers(result.output);
    const ended = result.status !== 0 && answers.relays.size === 0;
    return ended ? fail(`no relay was made: ${lastWords(result)}`) : judge(answers);
  };
}

import { type SecretValue, withMarks } from '../run/compile.ts';
import { type Shell, sh } from '../shell.ts';
import type { ProbeResult, Verdict } from '../validation/check.ts';
import { fail, lastWords } from '../validation/verdict.ts';

/** A request as curl makes it. Redirects are not followed: what answers has to be what was asked. */
export interface HttpRequest {
  url: string;
  method?: string;
  headers?: Record<string, string>;
  body?: string;
  /** `name:password` of HTTP basic authentication. */
  user?: string;
  /** Connects to this address instead of what the URL's name resolves to. */
  connectTo?: string;
  /** Accepts any certificate: only where the authority is the deployment's own. */
  insecure?: boolean;
  /** Puts the headers of the answer before its body. */
  include?: boolean;
  /** Seconds for the whole exchange; 8 where absent. */
  seconds?: number;
}

/** What came back. */
export interface HttpAnswer {
  status: number;
  contentType: string;
  body: string;
  milliseconds: number;
}

/** Shell that makes a request and prints the body and, on a last line, status and content type. */
export function httpProbe(request: HttpRequest, secrets: readonly SecretValue[] = []): Shell {
  const config = curlConfig(request, secrets);
  const tail = 'write-out = "\\n%{http_code} %{content_type}"\n';
  return sh`http ${config + tail}`;
}

/** Judges the answer of {@link httpProbe}; no answer at all has failed. */
export function httpVerdict(result: ProbeResult, judge: (answer: HttpAnswer) => Verdict): Verdict {
  if (result.status !== 0) return fail(`no answer: ${lastWords(result)}`);
  return judge({ ...readHttp(result.output), milliseconds: result.milliseconds });
}

/** Reads what {@link httpProbe} printed; status 0 where that is nothing. */
export function readHttp(output: string): Omit<HttpAnswer, 'milliseconds'> {
  const end = output.lastIndexOf('\n');
  const [status, ...contentType] = output.slice(end + 1).split(' ');
  return {
    status: Number(status),
    contentType: contentType.join(' ').trim(),
    body: output.slice(0, Math.max(0, end)),
  };
}

/**
 * The configuration file of curl that makes the request, with marks where secrets belong. Source of the syntax: curl's
 * manual, --config, 7.81.
 */
export function curlConfig(request: HttpRequest, secrets: readonly SecretValue[] = []): string {
  const {
    url,
    method,
    headers = {},
    body,
    user,
    connectTo,
    insecure,
    include,
    seconds = 8,
  } = request;
  const target = new URL(url);
  const port = target.port || (target.protocol === 'https:' ? '443' : '80');
  const settings: [string, string | undefined][] = [
    ['url', url],
    ['max-time', String(seconds)],
    ['request', method],
    ...Object.entries(headers).map(([name, value]): [string, string] => [
      'header',
      `${name}: ${value}`,
    ]),
    ['user', user],
    ['data-raw', body],
    ['resolve', connectTo && `${target.hostname}:${port}:${connectTo}`],
  ];
  const text = settings
    .flatMap(([name, value]) => (value === undefined ? [] : `${name} = ${JSON.stringify(value)}\n`))
    .join('');
  return withMarks(text, secrets) + (insecure ? 'insecure\n' : '') + (include ? 'include\n' : '');
}

/** The JSON of a body. Throws in the words of evidence when it is none. */
export function jsonOf(answer: Pick<HttpAnswer, 'status' | 'body'>): unknown {
  try {
    return JSON.parse(answer.body);
  } catch {
    throw new Error(`HTTP ${answer.status} with a body that is not JSON`);
  }
}

/** A URL fit to be shown: without user, password, query and path, any of which may be a credential. */
export function shownUrl(url: string): string {
  const { protocol, host, pathname, search } = new URL(url);
  return `${protocol}//${host}${pathname.length > 1 || search ? '/…' : ''}`;
}

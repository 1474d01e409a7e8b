import type { IncomingMessage, ServerResponse } from 'node:http';
import { FieldError } from './chain.ts';
import { type Context, readSettings } from './context.ts';
import { HttpError, readBody, sendJson, sendPage } from './http.ts';
import { nextStep, SAVE } from './wizard-steps.ts';
import { STEPS, type StepName } from './wizard-values.ts';

const PREFIX = '/standin/wizard';

function fromInside(request: IncomingMessage): boolean {
  const address = request.socket.remoteAddress ?? '';
  return /^(::ffff:)?127\.|^::1$/.test(address) && request.headers['x-standin'] !== undefined;
}

async function save(context: Context, name: StepName, body: unknown): Promise<unknown> {
  const parsed = STEPS[name].safeParse(body);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new FieldError(issue?.path.join('.') ?? '', issue?.message ?? 'invalid');
  }
  const order = Object.keys(STEPS);
  const next = await nextStep(context);
  if (order.indexOf(name) > order.indexOf(next))
    throw new HttpError(409, `step ${next} comes first`);
  const run = SAVE[name] as (context: Context, value: unknown) => Promise<unknown>;
  return run(context, parsed.data);
}

/**
 * The setup wizard without its browser: `POST /standin/wizard/<step>` with the step's values as JSON,
 * `GET /standin/wizard` for the settings and the next step. Exists in the stand-in only, and only for
 * callers inside the container (loopback) that send an X-Standin header; others see a 404.
 */
export async function wizard(
  context: Context,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
): Promise<void> {
  const name = url.pathname.slice(PREFIX.length + 1);
  const isRead = request.method === 'GET' && name === '';
  const isStep = request.method === 'POST' && Object.hasOwn(STEPS, name);
  if (!fromInside(request) || !(isRead || isStep))
    return sendPage(response, 404, '404: This page could not be found.');
  try {
    const settings = await readSettings(context);
    if (isRead) return sendJson(response, 200, { settings, next: await nextStep(context) });
    if (settings.isBootstrapped)
      throw new HttpError(409, 'the application is bootstrapped already');
    const body = JSON.parse((await readBody(request)) || '{}');
    const result = await save(context, name as StepName, body);
    context.log('info', `Wizard step ${name} saved`);
    sendJson(response, 200, { step: name, result: result ?? null, next: await nextStep(context) });
  } catch (error) {
    if (error instanceof FieldError)
      return sendJson(response, 400, { field: error.field, error: error.message });
    const status = error instanceof HttpError ? error.status : 500;
    sendJson(response, status, { error: error instanceof Error ? error.message : String(error) });
  }
}

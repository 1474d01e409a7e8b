import type { IncomingMessage, ServerResponse } from 'node:http';
import type { z } from 'zod';
import { FieldError } from './chain.ts';
import { type Context, readSettings } from './context.ts';
import { HttpError, readBody, sendJson, sendPage } from './http.ts';

const PREFIX = '/standin/wizard';

/** The wizard of an application: what each step accepts, in order, what saving it does, and which step is next. */
export interface Wizard {
  steps: Record<string, z.ZodType>;
  // biome-ignore lint/suspicious/noExplicitAny: each takes what its own step accepts
  save: Record<string, (context: Context, value: any) => Promise<unknown>>;
  nextStep(context: Context): Promise<string>;
}

function fromInside(request: IncomingMessage): boolean {
  const address = request.socket.remoteAddress ?? '';
  return /^(::ffff:)?127\.|^::1$/.test(address) && request.headers['x-standin'] !== undefined;
}

async function save(
  { steps, save: saving, nextStep }: Wizard,
  context: Context,
  name: string,
  body: unknown,
): Promise<unknown> {
  const parsed = steps[name]?.safeParse(body);
  if (!parsed?.success) {
    const [issue] = parsed?.error.issues ?? [];
    throw new FieldError(issue?.path.join('.') ?? '', issue?.message ?? 'invalid');
  }
  const order = Object.keys(steps);
  const next = await nextStep(context);
  if (order.indexOf(name) > order.indexOf(next))
    throw new HttpError(409, `step ${next} comes first`);
  return saving[name]?.(context, parsed.data);
}

/**
 * The setup wizard without its browser: `POST /standin/wizard/<step>` with the step's values as JSON,
 * `GET /standin/wizard` for the settings and the next step. Exists in the stand-in only, and only for
 * callers inside the container (loopback) that send an X-Standin header; others see a 404.
 */
export async function wizard(
  application: Wizard,
  context: Context,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
): Promise<void> {
  const name = url.pathname.slice(PREFIX.length + 1);
  const isRead = request.method === 'GET' && name === '';
  const isStep = request.method === 'POST' && Object.hasOwn(application.steps, name);
  if (!fromInside(request) || !(isRead || isStep))
    return sendPage(response, 404, '404: This page could not be found.');
  try {
    const settings = await readSettings(context);
    if (isRead)
      return sendJson(response, 200, { settings, next: await application.nextStep(context) });
    if (settings.isBootstrapped)
      throw new HttpError(409, 'the application is bootstrapped already');
    const body = JSON.parse((await readBody(request)) || '{}');
    const result = await save(application, context, name, body);
    context.log('info', `Wizard step ${name} saved`);
    sendJson(response, 200, {
      step: name,
      result: result ?? null,
      next: await application.nextStep(context),
    });
  } catch (error) {
    if (error instanceof FieldError)
      return sendJson(response, 400, { field: error.field, error: error.message });
    const status = error instanceof HttpError ? error.status : 500;
    sendJson(response, status, { error: error instanceof Error ? error.message : String(error) });
  }
}

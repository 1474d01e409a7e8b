import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

const datasource = z.strictObject({
  name: z.string().min(1),
  uid: z.string().regex(/^[A-Za-z0-9_-]{1,40}$/),
  type: z.literal('prometheus'),
  access: z.enum(['proxy', 'direct']),
  url: z.url(),
  isDefault: z.boolean().optional(),
  editable: z.boolean().optional(),
  orgId: z.int().optional(),
  version: z.int().optional(),
  jsonData: z
    .strictObject({
      timeInterval: z
        .string()
        .regex(/^\d+(?:ms|[smhd])$/)
        .optional(),
      httpMethod: z.enum(['GET', 'POST']).optional(),
    })
    .optional(),
});

const provider = z.strictObject({
  name: z.string().min(1),
  folder: z.string().optional(),
  folderUid: z.string().optional(),
  orgId: z.int().optional(),
  type: z.literal('file'),
  disableDeletion: z.boolean().optional(),
  allowUiUpdates: z.boolean().optional(),
  updateIntervalSeconds: z.int().optional(),
  options: z.strictObject({
    path: z.string().min(1),
    foldersFromFilesStructure: z.boolean().optional(),
  }),
});

const datasources = z.strictObject({
  apiVersion: z.literal(1),
  prune: z.boolean().optional(),
  datasources: z.array(datasource),
});
const providers = z.strictObject({ apiVersion: z.literal(1), providers: z.array(provider) });

/** Where dashboards ask. */
export type Datasource = z.output<typeof datasource>;
/** Where dashboards are. */
export type Provider = z.output<typeof provider>;

/**
 * Reads the provisioning files. Throws, naming the file, for one of another form than grafana, docs,
 * administration/provisioning, v12 describes, and for a second default data source.
 */
export function readProvisioning(directory: string): {
  datasources: Datasource[];
  providers: Provider[];
} {
  const found = {
    datasources: files(directory, 'datasources').flatMap(
      (path) => read(path, datasources).datasources,
    ),
    providers: files(directory, 'dashboards').flatMap((path) => read(path, providers).providers),
  };
  if (found.datasources.filter(({ isDefault }) => isDefault).length > 1) {
    throw new Error(
      'Datasource provisioning error: datasource.yaml config is invalid. Only one datasource per organization can be marked as default',
    );
  }
  for (const { options } of found.providers) {
    if (!statSync(options.path, { throwIfNoEntry: false })?.isDirectory()) {
      throw new Error(`Dashboard provisioning error: ${options.path}: no such directory`);
    }
  }
  return found;
}

function files(directory: string, kind: string): string[] {
  const path = join(directory, kind);
  const names = statSync(path, { throwIfNoEntry: false }) ? readdirSync(path) : [];
  return names.filter((name) => /\.ya?ml$/.test(name)).map((name) => join(path, name));
}

function read<T>(path: string, schema: z.ZodType<T>): T {
  const result = schema.safeParse(parse(readFileSync(path, 'utf8')));
  if (result.success) return result.data;
  throw new Error(`${path}: ${z.prettifyError(result.error).replaceAll(/\s+/g, ' ')}`);
}

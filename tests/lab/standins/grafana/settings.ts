import { readFileSync } from 'node:fs';

/** The settings that the stand-in heeds. */
export interface Settings {
  port: number;
  address: string;
  data: string;
  provisioning: string;
  home: string;
  adminUser: string;
  adminPassword: string;
  allowSignUp: boolean;
  anonymous: boolean;
  homeDashboard: string;
}

type Kind = 'text' | 'boolean' | 'port' | 'url';

/**
 * The variables a deployment may set, with what they are: GF_<section>_<key> of grafana, conf/defaults.ini, v12.
 * (GF_PATHS_HOME is set by the image.)
 */
const KNOWN: Record<string, Kind> = {
  GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES: 'boolean',
  GF_ANALYTICS_CHECK_FOR_UPDATES: 'boolean',
  GF_ANALYTICS_FEEDBACK_LINKS_ENABLED: 'boolean',
  GF_ANALYTICS_REPORTING_ENABLED: 'boolean',
  GF_AUTH_ANONYMOUS_ENABLED: 'boolean',
  GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH: 'text',
  GF_METRICS_ENABLED: 'boolean',
  GF_NEWS_NEWS_FEED_ENABLED: 'boolean',
  GF_PATHS_DATA: 'text',
  GF_PATHS_HOME: 'text',
  GF_PATHS_PROVISIONING: 'text',
  GF_PLUGINS_PLUGIN_ADMIN_ENABLED: 'boolean',
  GF_PLUGINS_PREINSTALL_DISABLED: 'boolean',
  GF_SECURITY_ADMIN_PASSWORD: 'text',
  GF_SECURITY_ADMIN_USER: 'text',
  GF_SECURITY_COOKIE_SECURE: 'boolean',
  GF_SECURITY_DISABLE_GRAVATAR: 'boolean',
  GF_SERVER_HTTP_ADDR: 'text',
  GF_SERVER_HTTP_PORT: 'port',
  GF_SERVER_ROOT_URL: 'url',
  GF_SNAPSHOTS_EXTERNAL_ENABLED: 'boolean',
  GF_USERS_ALLOW_SIGN_UP: 'boolean',
};

const FITS: Record<Kind, (value: string) => boolean> = {
  text: () => true,
  boolean: (value) => value === 'true' || value === 'false',
  port: (value) => /^\d{1,5}$/.test(value) && Number(value) > 0 && Number(value) < 65_536,
  url: (value) => /^https?:\/\//.test(value) && URL.canParse(value),
};

/** Reads the environment. Throws for a variable that is unknown, of the wrong kind, or names a file that is not there. */
export function readSettings(environment: NodeJS.ProcessEnv): Settings {
  const values = new Map<string, string>();
  for (const [name, written] of Object.entries(environment)) {
    if (!name.startsWith('GF_') || written === undefined) continue;
    const kind = KNOWN[name];
    if (!kind) throw new Error(`${name}: no such setting`);
    const value = expanded(name, written);
    if (!FITS[kind](value)) throw new Error(`${name} is not a ${kind}`);
    values.set(name, value);
  }
  const text = (name: string, otherwise: string) => values.get(name) ?? otherwise;
  return {
    port: Number(text('GF_SERVER_HTTP_PORT', '3000')),
    address: text('GF_SERVER_HTTP_ADDR', '0.0.0.0'),
    data: text('GF_PATHS_DATA', '/var/lib/grafana'),
    provisioning: text('GF_PATHS_PROVISIONING', '/etc/grafana/provisioning'),
    home: text('GF_PATHS_HOME', '/usr/share/grafana'),
    adminUser: text('GF_SECURITY_ADMIN_USER', 'admin'),
    adminPassword: text('GF_SECURITY_ADMIN_PASSWORD', 'admin'),
    allowSignUp: text('GF_USERS_ALLOW_SIGN_UP', 'false') === 'true',
    anonymous: text('GF_AUTH_ANONYMOUS_ENABLED', 'false') === 'true',
    homeDashboard: text('GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH', ''),
  };
}

/** `$__file{path}` stands for the content of a file, `$__env{NAME}` and `${NAME}` for a variable (docs, configure-grafana). */
function expanded(name: string, written: string): string {
  return written
    .replaceAll(/\$__file\{([^}]*)\}/g, (_, path: string) => {
      try {
        return readFileSync(path, 'utf8').trim();
      } catch (error) {
        throw new Error(`${name}: ${path}: ${(error as NodeJS.ErrnoException).code}`);
      }
    })
    .replaceAll(/\$(?:__env)?\{([^}]*)\}/g, (_, variable: string) => process.env[variable] ?? '');
}

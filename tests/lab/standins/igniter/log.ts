const LEVELS = ['trace', 'debug', 'info', 'warning', 'error', 'fatal'];

/** Writes one log line, with extra properties. */
export type Log = (level: string, message: string, properties?: Record<string, unknown>) => void;

/**
 * The logger of the newer Igniter images: JSON lines when LOG_FORMAT is json or NODE_ENV is production,
 * and LOG_LEVEL one of LogTape's names, so `warn` is refused (pokt-network/igniter, packages/logger/src/config.ts).
 * Throws on an unknown level. Every line says that it comes from a stand-in.
 */
export function createLog(service: string, environment: NodeJS.ProcessEnv): Log {
  const lowest = LEVELS.indexOf(environment.LOG_LEVEL || 'debug');
  if (lowest < 0) {
    throw new Error(
      `LOG_LEVEL must be one of ${LEVELS.join(', ')}, not '${environment.LOG_LEVEL}'`,
    );
  }
  const production = environment.NODE_ENV === 'production';
  const json = (environment.LOG_FORMAT || (production ? 'json' : 'pretty')) === 'json';
  return (level, message, properties = {}) => {
    if (LEVELS.indexOf(level) < lowest) return;
    if (!json) {
      const rest = Object.keys(properties).length > 0 ? ` ${JSON.stringify(properties)}` : '';
      return console.log(`${level.toUpperCase()} [stand-in ${service}] ${message}${rest}`);
    }
    const line = { '@timestamp': new Date().toISOString(), level: level.toUpperCase(), message };
    console.log(JSON.stringify({ ...line, logger: 'stand-in', service, properties }));
  };
}

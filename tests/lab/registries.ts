/** The registries of the default images: their version endpoint answers 200 or 401 to anybody. */
const REGISTRIES = ['https://registry-1.docker.io/v2/', 'https://ghcr.io/v2/'];

/** Whether this machine reaches the registries that the images come from; asked for five seconds. */
export async function registriesReachable(): Promise<boolean> {
  const answers = await Promise.all(
    REGISTRIES.map((url) =>
      fetch(url, { signal: AbortSignal.timeout(5000) }).then(
        ({ status }) => status === 200 || status === 401,
        () => false,
      ),
    ),
  );
  return answers.every(Boolean);
}

/** The release of pocketd that is installed unless the profile says otherwise. */
export const DEFAULT_POCKETD = 'v0.1.35';

/** The processors that pocketd is released for, as its archives name them. */
export type PocketdArchitecture = 'amd64' | 'arm64';

/**
 * The sha256 of the archives `pocket_linux_<architecture>.tar.gz`. Source: pokt-network/homebrew-pocketd, 9472de9f
 * (v0.1.33) and 00aa8214 (v0.1.35). Releases are mutable, so what is known here counts, not what their own file says.
 */
const KNOWN: Record<string, Record<PocketdArchitecture, string>> = {
  'v0.1.35': {
    amd64: '99b88aa839a19d6b89b4923cadbc5848ba161a828e514ea9751dffd569066a3b',
    arm64: '9a13cbf008a3e20a5cbb1daef588b253ec027c07d9c7252e5854c44d8d11abc9',
  },
  'v0.1.34': {
    amd64: '4e777d8779e2981bdda3401a2ede31cca1ad5878cf430d7a43c7e981290e26a6',
    arm64: '2591301c49a6091f92205594b5c42825310bb1d7f8c3e1dc8e2f9958a81a274e',
  },
  'v0.1.33': {
    amd64: '90ac9193d66b22f79b79ed97c7fcd6c4a60687866078081a31f3362bd5b9934f',
    arm64: 'e558a088b717aba866342d038a7a54cc9e2548ebdf24103006474bd5879bddbe',
  },
};

/** What the archives of a version have to be: as the profile says, else as it is known; absent where neither tells. */
export function pocketdChecksums(settings: {
  version: string;
  sha256: Partial<Record<PocketdArchitecture, string | undefined>>;
}): Partial<Record<PocketdArchitecture, string>> {
  const known = KNOWN[settings.version];
  const amd64 = settings.sha256.amd64 ?? known?.amd64;
  const arm64 = settings.sha256.arm64 ?? known?.arm64;
  return { ...(amd64 && { amd64 }), ...(arm64 && { arm64 }) };
}

// Which secret references a configuration may use. Whoever can push controls what guests receive, so only secrets from places named in the agent's
// settings are available. Checked when the configuration is loaded and again when a value is resolved.

/** What the agent's settings allow. */
export interface SecretBounds {
  /** Absolute folders of the node without trailing slash: `file:` references files below them. */
  readonly folders: readonly string[];
  /** Required prefix of variables in `env:` references. */
  readonly envPrefix: string;
  /** Variables of Phoenix's own settings in all their forms: never available, whatever the prefix is. */
  readonly ownVariables: ReadonlySet<string>;
  /** Files that contain settings: never available, even inside an allowed folder. */
  readonly ownFiles: ReadonlySet<string>;
}

export type ParsedReference =
  | { readonly scheme: 'env'; readonly name: string }
  | { readonly scheme: 'file'; readonly path: string }
  /** A file of the config repo, and the path of the value in it. */
  | { readonly scheme: 'sops'; readonly file: string; readonly path: string };

/** Null if it is not a reference. */
export function parseReference(reference: string): ParsedReference | null {
  const [, scheme, rest = ''] = /^(env|file|sops):([\s\S]+)$/.exec(reference) ?? [];
  if (scheme === 'env') return { scheme, name: rest };
  if (scheme === 'file') return { scheme, path: rest };
  const [, file, path] = /^([^#]+)#([\s\S]+)$/.exec(rest) ?? [];
  return scheme !== 'sops' || file === undefined || path === undefined ? null : { scheme, file, path };
}

export interface Refusal {
  readonly message: string;
  readonly hint: string;
}

/** Null for an allowed reference, judged by its text only: symbolic links are checked when it is read. */
export function referenceRefusal(reference: string, bounds: SecretBounds): Refusal | null {
  const parsed = parseReference(reference);
  if (parsed?.scheme === 'env') return variableRefusal(parsed.name, bounds);
  return parsed?.scheme === 'file' ? fileRefusal(parsed.path, bounds) : null;
}

function variableRefusal(name: string, { envPrefix, ownVariables }: SecretBounds): Refusal | null {
  if (ownVariables.has(name)) {
    return {
      message: `the secret env:${name} is a setting of Phoenix itself, which is given to no guest`,
      hint: `Put the value that the guest needs into a variable of its own, for example ${envPrefix}NAME.`,
    };
  }
  if (name.startsWith(envPrefix) && name !== envPrefix) return null;
  return {
    message: `the secret env:${name} is not allowed: only variables that begin with ${envPrefix} are given to guests`,
    hint: `Rename ${name} to ${envPrefix}${name} in the agent's environment and write {"$secret": "env:${envPrefix}${name}"}, or set PHOENIX_SECRET_ENV_PREFIX to what its name begins with.`,
  };
}

function fileRefusal(path: string, { folders, ownFiles }: SecretBounds): Refusal | null {
  const listed = folders.join(' and ');
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  const plain = `/${parts.join('/')}`;
  const [folder = ''] = folders;
  const moved = `${folder}/${parts.at(-1) ?? 'name'}`;
  if (ownFiles.has(plain)) {
    return {
      message: `the secret file:${path} holds a setting of Phoenix itself, which is given to no guest`,
      hint: `Put the value that the guest needs into a file of its own below ${listed}.`,
    };
  }
  const isPlain = path.startsWith('/') && !parts.includes('..') && !path.includes('\0');
  if (isPlain && folders.some((each) => each === '/' || plain.startsWith(`${each}/`))) return null;
  return {
    message: `the secret file:${path} is not allowed: only files below ${listed} are given to guests`,
    hint: `Move the file to ${moved} on the node and write {"$secret": "file:${moved}"}, or add its folder to PHOENIX_SECRETS_DIR in the agent's settings.`,
  };
}

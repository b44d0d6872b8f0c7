// Separates the repository's URL from the credentials in it.

/** The read token; an App's changes every hour, so it is requested each time. */
export type Token = string | (() => Promise<string>);

/** @throws for an invalid URL */
export function withoutCredentials(
  address: string,
  token: Token | undefined,
): { url: string; token: Token | undefined } {
  if (!/^https?:\/\//.test(address) || !URL.canParse(address)) {
    throw new Error(
      'PHOENIX_REPO_URL must begin with https:// or http://, for example https://github.com/team/config.git',
    );
  }
  const url = new URL(address);
  const inUrl = url.password || url.username;
  url.username = '';
  url.password = '';
  const bare = url.href.replace(/\/+$/, '');
  return { url: bare, token: token ?? (inUrl === '' ? undefined : decodeURIComponent(inUrl)) };
}

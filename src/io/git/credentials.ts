// The address of the repository and what is shown for the right to read it, which a person may write in one.

/** What is shown for the right to read; an App's is another every hour, so it is asked for each time. */
export type Token = string | (() => Promise<string>);

/** @throws for an address that is none */
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

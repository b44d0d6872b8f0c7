// The addresses of the forge and of its one repository.

export interface Place {
  /** Base URL of the forge, without trailing slash. */
  readonly url: string;
  /** Base URL of the REST API, without trailing slash. */
  readonly api: string;
  readonly owner: string;
  readonly name: string;
  /** `owner/name`. */
  readonly repository: string;
  /** URL of the repository's web page. */
  readonly page: string;
  /** Readable without authentication. */
  readonly isPublic: boolean;
}

export function placeAt(url: string, api: string, repository: string, isPublic: boolean): Place {
  const [owner = '', name = ''] = repository.split('/');
  return { url, api, owner, name, repository, page: `${url}/${repository}`, isPublic };
}

// Where the forge and its one repository are.

export interface Place {
  /** Of the forge, without a slash at the end. */
  readonly url: string;
  /** Of the REST interface, without a slash at the end. */
  readonly api: string;
  readonly owner: string;
  readonly name: string;
  /** `owner/name`. */
  readonly repository: string;
  /** The repository in a browser. */
  readonly page: string;
  /** Everybody may read it. */
  readonly isPublic: boolean;
}

export function placeAt(url: string, api: string, repository: string, isPublic: boolean): Place {
  const [owner = '', name = ''] = repository.split('/');
  return { url, api, owner, name, repository, page: `${url}/${repository}`, isPublic };
}

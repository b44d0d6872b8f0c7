// What forges call the rights that a request takes, so that none is asked for in the words of another.

/** As GitHub's permissions have it, and the scope of a token that it takes at Gitea and Forgejo. */
const SCOPES = {
  'Metadata: read': 'read:repository',
  'Contents: read': 'read:repository',
  'Pull requests: read': 'read:repository',
  'Pull requests: write': 'write:issue',
  'Commit statuses: read': 'read:repository',
  'Commit statuses: write': 'write:repository',
} as const;

/** @param right as GitHub has it; of what Gitea does not have it stays as it is */
export function rightAt(kind: 'github' | 'gitea' | 'gitlab' | 'none', right: string): string {
  return kind === 'gitea' ? ((SCOPES as Readonly<Record<string, string>>)[right] ?? right) : right;
}

// Versions of Phoenix, as in `package.json`: `1.2.3`, or `1.2.3-rc.1` before that release.

/** Negative where `one` is older than `other`, positive where it is newer. Pure. */
export function compareVersions(one: string, other: string): number {
  const [[core, before], [otherCore, otherBefore]] = [parts(one), parts(other)];
  const byCore = inNumbers(core, otherCore);
  if (byCore !== 0) return byCore;
  // A version before the release is older than the release.
  if (before === '' || otherBefore === '') return Number(before === '') - Number(otherBefore === '');
  return inNumbers(before, otherBefore);
}

/** Without build metadata, which says nothing of the order (semver.org, 10). */
function parts(version: string): readonly [core: string, before: string] {
  const [, core = '', before = ''] = /^v?([^-+]*)(?:-([^+]*))?/.exec(version.trim()) ?? [];
  return [core, before];
}

/** Numbers in the texts are compared as numbers: `rc.10` comes after `rc.9`. */
function inNumbers(one: string, other: string): number {
  return one.localeCompare(other, 'en', { numeric: true });
}

// Identifiers as branded types, so that they are not confused.

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** `kind/name`, for example `lxc/101` or `hypervisor/dns`. */
export type TargetId = Branded<'TargetId'>;
/** A full Git commit id, 40 hexadecimal digits. */
export type CommitSha = Branded<'CommitSha'>;
/** A Git blob id: identifies one file's content. */
export type BlobId = Branded<'BlobId'>;
export type RunId = Branded<'RunId'>;

export function targetId(kind: string, name: string | number): TargetId {
  return `${kind}/${name}` as TargetId;
}

/** The part before the first slash: the kind, which determines the manager. */
export function kindOf(target: TargetId): string {
  return target.slice(0, target.indexOf('/'));
}

/** The part after the first slash: `101` of `lxc/101`. */
export function nameOf(target: TargetId): string {
  return target.slice(target.indexOf('/') + 1);
}

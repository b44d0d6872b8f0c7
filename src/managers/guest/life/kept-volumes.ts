// Volumes outlive their guests. Before a guest is destroyed its volumes are taken out of its configuration, and where they are is
// noted on the node, so that the guest gets them back when it is made anew.

/** Volume ids by the path at which the guest mounted them. */
export type KeptVolumes = Readonly<Record<string, string>>;

export function keptVolumesPath(id: number): string {
  return `/var/lib/phoenix/volumes/${id}.json`;
}

/** Empty when nothing was kept or the file cannot be read. */
export function parseKept(text: string | null): KeptVolumes {
  if (text === null) return {};
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return {};
    return Object.fromEntries(
      Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
    );
  } catch {
    return {};
  }
}

export function printKept(volumes: KeptVolumes): string {
  return `${JSON.stringify(volumes, null, 2)}\n`;
}

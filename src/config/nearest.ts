// Suggestions of the kind "did you mean": the known name with the smallest edit distance, or else one with the same beginning.

/** Minimum length of a prefix that identifies a name: `memory` for `memory_mb`. */
const BEGINNING = 4;

/** The most similar known name; null if none is similar enough. */
export function nearest(name: string, known: readonly string[]): string | null {
  const limit = Math.max(1, Math.min(4, Math.floor(name.length / 3)));
  let best: string | null = null;
  let distance = limit + 1;
  for (const candidate of known) {
    if (Math.abs(candidate.length - name.length) >= distance) continue;
    const steps = edits(name.toLowerCase(), candidate.toLowerCase());
    if (steps < distance) {
      best = candidate;
      distance = steps;
    }
  }
  return best ?? known.find((candidate) => haveOneBeginning(candidate, name)) ?? null;
}

/** Whether one name is the other without trailing words, as `memory` is of `memory_mb`. */
function haveOneBeginning(candidate: string, name: string): boolean {
  const [short, long] = [candidate, name].sort((a, b) => a.length - b.length) as [string, string];
  return short.length >= BEGINNING && long.toLowerCase().startsWith(`${short.toLowerCase()}_`);
}

/** Synonyms that other programs use. */
const WORDS: readonly (readonly string[])[] = [
  ['memory', 'ram', 'mem'],
  ['cores', 'cpu', 'cpus', 'vcpu', 'vcpus', 'core'],
  ['name', 'hostname'],
  ['size', 'disk', 'rootfs'],
  ['template', 'image', 'ostemplate'],
  ['ip', 'address', 'ipaddr', 'addr'],
  ['gw', 'gateway'],
  ['vmid', 'id', 'ctid'],
  ['description', 'notes', 'note', 'comment'],
  ['storage', 'datastore'],
];

/** Names in other programs of what has another one here, the likeliest first: Proxmox's, Docker's and those of the Terraform providers. */
const OTHER_NAMES: Readonly<Record<string, readonly string[]>> = {
  image: ['template', 'template_image'],
  onboot: ['start_at_boot'],
  start_on_boot: ['start_at_boot'],
  restart: ['start_at_boot'],
  started: ['state'],
  tag: ['vlan'],
  vlan_tag: ['vlan'],
  net0: ['network_config'],
  network: ['network_config', 'networks'],
  initialization: ['network_config'],
  depends_on: ['dependencies'],
  environment: ['env'],
  environment_variables: ['env'],
  nesting: ['pct_options'],
  mp0: ['mount_points'],
  mount_point: ['mount_points'],
  binds: ['mount_points'],
  rootfs: ['storage_size_gb', 'disk_size_gb'],
  password: ['root_user', 'user_config'],
  ssh_keys: ['root_user', 'user_config'],
  interface: ['bus'],
  slot: ['bus'],
  datastore_id: ['storage', 'storage_pool'],
  clone: ['clone_from_vmid', 'clone_from_ctid'],
  secret: ['value'],
  maxfiles: ['prune-backups'],
  cdrom: ['iso'],
  usb: ['passthrough'],
  hostpci: ['passthrough'],
  startup: ['boot_order'],
  order: ['boot_order'],
};

/** The known name that another program calls so; null if there is none. */
export function byOtherName(name: string, known: readonly string[]): string | null {
  const meant = Object.hasOwn(OTHER_NAMES, name.toLowerCase()) ? OTHER_NAMES[name.toLowerCase()] : undefined;
  return meant?.find((each) => known.includes(each)) ?? null;
}

/** The first known name that is a synonym: `memory_mb` for `ram`; null if there is none. */
export function byOtherWord(name: string, known: readonly string[]): string | null {
  const wordsOf = (text: string) => text.toLowerCase().split(/[_-]/);
  const isSame = (one: string, other: string) =>
    one === other || WORDS.some((words) => words.includes(one) && words.includes(other));
  const wanted = wordsOf(name).filter((word) => word !== 'mb' && word !== 'gb');
  return (
    known.find((candidate) => wanted.every((word) => wordsOf(candidate).some((other) => isSame(word, other)))) ?? null
  );
}

/** Edit distance with transpositions (optimal string alignment). */
function edits(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1] ? 0 : 1;
      let cost = Math.min(
        (last[column] as number) + 1,
        (current[column - 1] as number) + 1,
        (last[column - 1] as number) + same,
      );
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) cost = Math.min(cost, (before[column - 2] as number) + 1);
      current.push(cost);
    }
    before = last;
    last = current;
  }
  return last[b.length] as number;
}

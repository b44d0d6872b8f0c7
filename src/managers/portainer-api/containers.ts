// The containers of a compose project, as `docker compose ps --format json` and `docker ps` list them.

export interface Container {
  readonly name: string;
  readonly running: boolean;
  /** As it was started from; null where Docker does not say. */
  readonly image: string | null;
  /** `key=value`. */
  readonly labels: readonly string[];
}

/** The compose service of a container; null for a container outside compose, and for a one-off `run`. */
export function serviceOfContainer({ labels }: Container): string | null {
  const label = 'com.docker.compose.service=';
  if (labels.includes('com.docker.compose.oneoff=True')) return null;
  return labels.find((each) => each.startsWith(label))?.slice(label.length) ?? null;
}

/** One JSON object per line; older versions print a list. */
export function containersIn(text: string): Container[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines.flatMap((line) => {
    const value: unknown = JSON.parse(line);
    return (Array.isArray(value) ? value : [value]).map(containerIn);
  });
}

function containerIn(entry: {
  Name?: string;
  Names?: string;
  State?: string;
  Labels?: string;
  Image?: string;
}): Container {
  return {
    name: entry.Name ?? entry.Names ?? '',
    running: entry.State === 'running',
    image: entry.Image ?? null,
    labels: (entry.Labels ?? '').split(','),
  };
}

// The name of a compose project.

/** Normalises a name like Portainer and compose, so that the project can be found again. */
export function projectName(name: string): string {
  return name.toLowerCase().replaceAll(/[^-_a-z0-9]+/g, '');
}

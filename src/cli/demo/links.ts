// Checks the links of statuses.

/** A status on the forge. */
interface Linked {
  readonly target_url: string | null;
}

/** Broken links, with the response. */
export async function unopened(statuses: readonly Linked[]): Promise<readonly string[]> {
  const links = new Set(statuses.map(({ target_url: link }) => link ?? ''));
  const answers = await Promise.all(
    [...links].map(async (link) => {
      const answer = link === '' ? 'a status without a link' : await answerOf(link);
      return answer === 200 ? [] : [`${link} ${answer}`.trim()];
    }),
  );
  return answers.flat();
}

/** The HTTP status, or the connection error. */
async function answerOf(link: string): Promise<number | string> {
  try {
    return (await fetch(link)).status;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

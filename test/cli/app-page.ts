// The page for creating a GitHub App, used as by a browser.

/** What the page would have the browser post, and where to. */
export async function formOf(page: string): Promise<{ readonly action: string; readonly manifest: string }> {
  const html = await (await fetch(page)).text();
  const plain = (text = '') => text.replaceAll('&quot;', '"').replaceAll('&amp;', '&');
  const action = plain(/action="([^"]*)"/.exec(html)?.[1]);
  const manifest = plain(/name="manifest" value="([^"]*)"/.exec(html)?.[1]);
  return { action, manifest };
}

/** Submits the form, and follows the forge's redirect. */
export async function pressButton(page: string): Promise<{ readonly status: number; readonly text: string }> {
  const { action, manifest } = await formOf(page);
  const posted = await fetch(action, { method: 'POST', body: new URLSearchParams({ manifest }), redirect: 'manual' });
  const back = await fetch(posted.headers.get('location') ?? '');
  return { status: back.status, text: await back.text() };
}

// @ts-check
/** Stands in for a page that lives on the network alone, until it can be reached: its address and what was typed there are left as they are. */

/** Not every phone says that its network is back, and the node may have been the one that was away. */
const ASK_MS = 10_000;

const again = () => location.reload();

document.querySelector('a')?.addEventListener('click', (event) => {
  event.preventDefault();
  again();
});
addEventListener('online', again);
setInterval(async () => {
  const answer = await fetch('/app/files.json', { method: 'HEAD', cache: 'no-store' }).catch(() => null);
  if (answer?.ok) again();
}, ASK_MS);

/** What bullmq runs in a process, or a thread, of its own. */
const { greeting } = require("./words.cjs");

module.exports = async (job) => {
  await job.updateProgress(10);
  if (job.data.fail) throw new Error(`no ${job.data.to}`);
  return `${greeting} ${job.data.to}, from ${job.name}`;
};

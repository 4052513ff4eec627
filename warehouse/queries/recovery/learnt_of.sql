-- What the channels of $source have taught their forecasters.

SELECT channel, basis, model, state FROM learnt WHERE source = $source ORDER BY channel, model;

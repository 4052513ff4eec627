-- What the channels of $source have taught their forecasters.

SELECT channel, model, state FROM learnt WHERE source = $source ORDER BY channel, model;

### What is wrong with the ward's station itself: said on its page, and by its watchdog.

found-receiver-silent = the receiver does not answer: calls for help do not come in
do-receiver-silent = telephone the groups that you would wait for; restart the station's computer, or edgebox-ward.service
found-receiver-stopped = the receiver was stopped: calls for help do not come in
do-receiver-stopped = start edgebox-ward.service
found-receiver-never = no receiver has ever written here: calls for help do not come in
do-receiver-never = start edgebox-ward.service, and look whether it has the same --data
found-broker-away = the receiver has lost the MQTT broker: calls for help do not come in ({ $error })
do-broker-away = start mosquitto.service; look at the network if the broker is another machine
found-store-unreadable = the store cannot be read: { $error }
do-store-unreadable = look at the disk, and whether the receiver is of the same version as the page
found-events-silent = the receiver's lane of events does not answer: events and pictures do not come in, calls for help do
do-events-silent = restart edgebox-ward.service if it does not come back
found-events-away = the receiver's lane of events has lost the MQTT broker: events and pictures do not come in, calls for help do ({ $error })
do-events-away = look at the broker's log
found-events-unreadable = the store of events cannot be read, calls for help come in: { $error }
do-events-unreadable = look at the disk, and whether the receiver is of the same version as the page
found-disk-full = the disk is full: { $free } MB are left
do-disk-full = make room, or lower --keep-days, before calls for help can no longer be stored
found-disk-full-soon = the disk is full { $days ->
    [0] within a day
    [1] in a day
   *[other] in { $days } days
  } if it goes on like this: { $free } MB are left
do-disk-full-soon = add a larger disk, or lower --keep-days
found-disk-unreadable = how full the disk is cannot be read: { $error }
do-disk-unreadable = look at the disk
found-certificate-expires = the receiver's certificate ends { $days ->
    [0] within a day
    [1] in a day
   *[other] in { $days } days
  }, and then nothing comes in
do-certificate-expires = edgebox-provision ward client, with the receiver's name and rights, and restart edgebox-ward.service
found-certificate-expired = the receiver's certificate has ended: the broker no longer lets it in
do-certificate-expired = edgebox-provision ward client, with the receiver's name and rights, and restart edgebox-ward.service
found-certificate-unreadable = the receiver's certificate cannot be read: { $error }
do-certificate-unreadable = look whether --cert of the watchdog names the receiver's certificate
found-watchdog-silent = the station's watchdog does not answer: nobody would say that the receiver has failed
do-watchdog-silent = restart edgebox-ward-watchdog.service
